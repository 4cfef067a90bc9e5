import {
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isTypeDefinitionNode,
  Kind,
  parse,
  type TypeNode,
  visit,
} from 'graphql'
import type { Rule } from './rules.ts'
import { ruleOf, type SecurityNames, securityNames } from './security-directives.ts'

const NONE: readonly Rule[] = []
/** Where rules may stand: what an answer is made of. */
const GUARDABLE: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.FIELD_DEFINITION,
])

/** What a supergraph asks of callers, by type (`Order`) and by field (`Query.me`). */
export class RuleBook {
  readonly #schema: GraphQLSchema
  readonly #rules = new Map<string, Rule>()
  /** Fields that say `@public`: the rule of the type that they give is set aside there. */
  readonly #open = new Set<string>()
  readonly #ofField = new Map<string, readonly Rule[]>()

  /**
   * @param schema what clients see of the same supergraph.
   * @throws Error where a rule cannot be read, or stands where it is not enforced.
   */
  constructor(supergraphSdl: string, schema: GraphQLSchema) {
    this.#schema = schema
    const supergraph = parse(supergraphSdl)
    const names = securityNames(supergraph)
    demandGuardable(supergraph, names)
    for (const definition of supergraph.definitions) {
      if (!isTypeDefinitionNode(definition) || !GUARDABLE.has(definition.kind)) continue
      const type = definition.name.value
      this.#keep(type, definition.directives, names)
      for (const field of 'fields' in definition ? (definition.fields ?? []) : []) {
        this.#keep(`${type}.${field.name.value}`, field.directives, names)
        if (has(field.directives, 'public')) this.#open.add(`${type}.${field.name.value}`)
      }
    }
    this.#demandReadOnly(supergraph)
  }

  /** Whether nothing of the supergraph is guarded. */
  get isEmpty(): boolean {
    return this.#rules.size === 0
  }

  ofType(name: string): readonly Rule[] {
    const rule = this.#rules.get(name)
    return rule ? [rule] : NONE
  }

  /** The object type that a field opens to whoever may read the field, itself only; null where it opens none. */
  openedBy(parent: GraphQLCompositeType, field: string): string | null {
    if (!this.#open.has(`${parent.name}.${field}`)) return null
    const result = resultOf(parent, field)
    return isObjectType(result) ? result.name : null
  }

  /**
   * The rules of a field and of the type that it gives. Through an interface those of every implementation count too: which one
   * answers is known only when it has answered.
   */
  ofField(parent: GraphQLCompositeType, field: string): readonly Rule[] {
    const coordinate = `${parent.name}.${field}`
    const known = this.#ofField.get(coordinate)
    if (known) return known
    const made = this.#collect(parent, field)
    this.#ofField.set(coordinate, made)
    return made
  }

  #collect(parent: GraphQLCompositeType, field: string): readonly Rule[] {
    const coordinates = [`${parent.name}.${field}`]
    if (isInterfaceType(parent)) {
      const { interfaces, objects } = this.#schema.getImplementations(parent)
      for (const { name } of [...interfaces, ...objects]) coordinates.push(name, `${name}.${field}`)
    }
    const result = resultOf(parent, field)
    if (result && this.openedBy(parent, field) === null) coordinates.push(result.name)
    const rules = coordinates.flatMap((coordinate) => this.#rules.get(coordinate) ?? [])
    return rules.length === 0 ? NONE : [...new Set(rules)]
  }

  #keep(coordinate: string, directives: readonly ConstDirectiveNode[] | undefined, names: SecurityNames): void {
    const rule = ruleOf(directives ?? [], names)
    if (rule === null) return
    // Equal rules are one, so that a document that meets one of them a hundred times is asked about it once.
    const text = JSON.stringify(rule)
    const equal = [...this.#rules.values()].find((known) => JSON.stringify(known) === text)
    this.#rules.set(coordinate, equal ?? rule)
  }

  /** A rule of a scalar or enum is about reading. Of one that is written too half would be guarded, and nobody would notice. */
  #demandReadOnly(supergraph: DocumentNode): void {
    visit(supergraph, {
      InputValueDefinition: ({ name, type }) => {
        const given = namedType(type)
        if (this.#rules.has(given))
          throw new Error(`${name.value} takes ${given}, whose rule is enforced in answers only`)
      },
    })
  }
}

/** @throws Error for a security directive in a place that nothing here looks at. */
function demandGuardable(supergraph: DocumentNode, names: SecurityNames): void {
  const misplaced = (name: string) => new Error(`@${name} stands where it is not enforced`)
  visit(supergraph, {
    enter: (node) => {
      if (!('directives' in node)) return
      for (const { name, arguments: given } of node.directives ?? []) {
        if (names.has(name.value) && !GUARDABLE.has(node.kind)) throw misplaced(name.value)
        // Composition's way to carry a directive of a subgraph that it does not know.
        const carried = given?.find((argument) => argument.name.value === 'name')?.value
        if (name.value === 'join__directive' && carried?.kind === Kind.STRING && names.has(carried.value))
          throw misplaced(carried.value)
      }
    },
  })
}

function resultOf(parent: GraphQLCompositeType, field: string) {
  const definition = 'getFields' in parent ? parent.getFields()[field] : undefined
  return definition && getNamedType(definition.type)
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type)
}

function has(directives: readonly ConstDirectiveNode[] | undefined, name: string): boolean {
  return (directives ?? []).some((directive) => directive.name.value === name)
}
