import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

const GUARDS = ['authenticated', 'requiresScopes', 'policy']

/** The types (`Order`) and fields (`Query.me`) of a supergraph whose answer depends on the caller. */
export function guardedCoordinates(supergraphSdl: string): ReadonlySet<string> {
  const guarded = new Set<string>()
  for (const definition of parse(supergraphSdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    const type = definition.name.value
    if (definition.directives?.some(({ name }) => GUARDS.includes(name.value))) guarded.add(type)
    for (const field of definition.fields ?? []) {
      if (field.directives?.some(({ name }) => GUARDS.includes(name.value))) guarded.add(`${type}.${field.name.value}`)
    }
  }
  return guarded
}

/** Whether nothing that a document asks for depends on the caller, so that all callers may share one answer. */
export function isPublic(document: DocumentNode, schema: GraphQLSchema, guarded: ReadonlySet<string>): boolean {
  const info = new TypeInfo(schema)
  let open = true
  const visitor = {
    Field: () => {
      const parent = info.getParentType()
      const field = info.getFieldDef()
      if (!parent || !field) return
      // Which types introspection may name depends on the caller too.
      if (field.name === '__type' && guarded.size > 0) open = false
      const result = getNamedType(field.type)
      const owners = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
      const results = isAbstractType(result) ? [result, ...schema.getPossibleTypes(result)] : [result]
      const coordinates = [
        ...owners.map(({ name }) => `${name}.${field.name}`),
        ...[...owners, ...results].map(({ name }) => name),
      ]
      if (coordinates.some((coordinate) => guarded.has(coordinate))) open = false
    },
  }
  visit(document, visitWithTypeInfo(info, visitor))
  return open
}
