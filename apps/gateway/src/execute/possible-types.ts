import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'

/** Names of types. */
export type TypeNames = ReadonlySet<string>

/** What plans ask of a supergraph's types, worked out once. */
export class PossibleTypes {
  readonly #schema: GraphQLSchema
  readonly #known = new Map<string, TypeNames>()

  /** @param schema the supergraph's own, with everything that clients do not see. */
  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** The `__typename`s that a type condition takes in: its own and those of everything that implements it. */
  of(condition: string): TypeNames {
    const kept = this.#known.get(condition)
    if (kept) return kept
    const names = new Set([condition])
    const type = this.#schema.getType(condition)
    if (type && isAbstractType(type)) {
      for (const other of Object.values(this.#schema.getTypeMap())) {
        const mayImplement = isObjectType(other) || isInterfaceType(other)
        if (mayImplement && this.#schema.isSubType(type, other)) names.add(other.name)
      }
    }
    this.#known.set(condition, names)
    return names
  }

  /** Whether an object can be of this very type: a subgraph may know an interface as if it were one (`@interfaceObject`). */
  isObject(name: unknown): boolean {
    return typeof name === 'string' && isObjectType(this.#schema.getType(name))
  }
}
