import { type ConstDirectiveNode, type DefinitionNode, Kind, parse, type StringValueNode } from 'graphql'

/** A place in the schema that breaks a house rule, such as `Market.ticker` or `Query.market(symbol:)`. */
export interface SchemaFault {
  readonly coordinate: string
  readonly message: string
}

interface Described {
  readonly description?: StringValueNode | undefined
}

const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])
const AUTHORIZATION = new Set(['public', 'authenticated', 'requiresScopes', 'policy'])

/**
 * Holds a subgraph's schema to the house rules: everything is described, and every root field and entity says who may have it.
 * An entity may leave its own description to the subgraph that owns it, and one that is never resolved here its authorization.
 */
export function lintSchema(sdl: string): SchemaFault[] {
  return parse(sdl).definitions.flatMap((definition) => [...undescribed(definition), ...undecided(definition)])
}

/** @returns the types that none of the subgraphs describes. */
export function lintGraph(sdls: readonly string[]): SchemaFault[] {
  const types = sdls
    .flatMap((sdl) => parse(sdl).definitions)
    .filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION)
  const described = new Set(types.filter((type) => type.description).map((type) => type.name.value))
  return [...new Set(types.map((type) => type.name.value))]
    .filter((name) => !described.has(name) && !ROOTS.has(name))
    .map((coordinate) => ({ coordinate, message: 'has no description in any subgraph' }))
}

function undescribed(definition: DefinitionNode): SchemaFault[] {
  const faults: SchemaFault[] = []
  const require = (node: Described, coordinate: string) => {
    if (!node.description?.value.trim()) faults.push({ coordinate, message: 'has no description' })
  }
  if (!('name' in definition) || definition.name === undefined) return faults
  const name = definition.name.value
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
      if (!ROOTS.has(name) && !has(definition.directives, 'key')) require(definition, name)
      break
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.SCALAR_TYPE_DEFINITION:
      require(definition, name)
      break
    case Kind.DIRECTIVE_DEFINITION:
      require(definition, `@${name}`)
  }
  if ('values' in definition) for (const value of definition.values ?? []) require(value, `${name}.${value.name.value}`)
  if ('fields' in definition) {
    for (const field of definition.fields ?? []) {
      require(field, `${name}.${field.name.value}`)
      if (field.kind !== Kind.FIELD_DEFINITION) continue
      for (const argument of field.arguments ?? [])
        require(argument, `${name}.${field.name.value}(${argument.name.value}:)`)
    }
  }
  return faults
}

function undecided(definition: DefinitionNode): SchemaFault[] {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) return []
  const name = definition.name.value
  const message = 'carries none of @public, @authenticated, @requiresScopes, @policy'
  if (ROOTS.has(name)) {
    return (definition.fields ?? [])
      .filter((field) => !decides(field.directives))
      .map((field) => ({ coordinate: `${name}.${field.name.value}`, message }))
  }
  return isResolvedEntity(definition.directives) && !decides(definition.directives)
    ? [{ coordinate: name, message }]
    : []
}

function isResolvedEntity(directives: readonly ConstDirectiveNode[] | undefined): boolean {
  return (directives ?? []).some(
    (directive) =>
      directive.name.value === 'key' &&
      !directive.arguments?.some(
        ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
      ),
  )
}

function decides(directives: readonly ConstDirectiveNode[] | undefined): boolean {
  return (directives ?? []).some((directive) => AUTHORIZATION.has(directive.name.value))
}

function has(directives: readonly ConstDirectiveNode[] | undefined, name: string): boolean {
  return (directives ?? []).some((directive) => directive.name.value === name)
}
