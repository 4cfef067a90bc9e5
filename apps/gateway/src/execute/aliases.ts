import { type DocumentNode, type GraphQLSchema, isInterfaceType, isObjectType, visit } from 'graphql'

/** What an alias that could be mistaken is given in front on the way to the subgraphs. */
const MARK = 'as__'

/**
 * A client may call a field by the name of another. Plans add the fields that keys and `@requires` need under their own names, and
 * Apollo's planner takes the client's for them. Between here and the subgraphs such aliases are others.
 */
export class Aliases {
  readonly #fieldNames: ReadonlySet<string>

  /** @param schema the supergraph's own: a key may be hidden from clients. */
  constructor(schema: GraphQLSchema) {
    const types = Object.values(schema.getTypeMap())
    const fields = types.flatMap((type) =>
      isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [],
    )
    this.#fieldNames = new Set([...fields, '__typename'])
  }

  /** Under which key the subgraphs answer what the client gets as `key`. */
  inner(key: string, name: string): string {
    return key !== name && (this.#fieldNames.has(key) || key.startsWith(MARK)) ? `${MARK}${key}` : key
  }

  /** A document whose answers come under inner keys. */
  withInner(document: DocumentNode): DocumentNode {
    return visit(document, {
      Field: ({ alias, name, ...field }) => {
        const inner = alias && this.inner(alias.value, name.value)
        return inner === alias?.value ? undefined : { ...field, name, alias: { ...alias, value: inner } }
      },
    })
  }
}

/** A place in the subgraphs' answers as the client knows it. */
export function outerPath(path: readonly (string | number)[]): (string | number)[] {
  return path.map((part) => (typeof part === 'string' && part.startsWith(MARK) ? part.slice(MARK.length) : part))
}
