import { type DocumentNode, type GraphQLSchema, isInterfaceType, isObjectType, Kind, parse, visit } from 'graphql'

/** What an alias that could be mistaken is given in front on the way to the subgraphs. */
const MARK = 'as__'

/**
 * A client may call a field by the name of another. Plans add the fields that keys and `@requires` need under their own names, and
 * Apollo's planner takes the client's for them: so it does where a client asks for a field with other arguments than `@requires` has for
 * it. Between here and the subgraphs such fields go by other names.
 */
export class Aliases {
  readonly #fieldNames: ReadonlySet<string>
  /** Fields with arguments of which others are computed. */
  readonly #required: ReadonlySet<string>

  /** @param schema the supergraph's own, as `sdl` says it: a key may be hidden from clients. */
  constructor(schema: GraphQLSchema, sdl: string) {
    const types = Object.values(schema.getTypeMap())
    const fields = types.flatMap((type) =>
      isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [],
    )
    this.#fieldNames = new Set([...fields.map(({ name }) => name), '__typename'])
    const required = requiredNames(sdl)
    const asked = fields.filter(({ name, args }) => args.length > 0 && required.has(name))
    this.#required = new Set(asked.map(({ name }) => name))
  }

  /** Under which key the subgraphs answer what the client gets as `key`. */
  inner(key: string, name: string): string {
    if (key === name) return this.#required.has(key) ? `${MARK}${key}` : key
    return this.#fieldNames.has(key) || key.startsWith(MARK) ? `${MARK}${key}` : key
  }

  /** A document whose answers come under inner keys. */
  withInner(document: DocumentNode): DocumentNode {
    return visit(document, {
      Field: ({ alias, name, ...field }) => {
        const key = alias?.value ?? name.value
        const inner = this.inner(key, name.value)
        return inner === key ? undefined : { ...field, name, alias: { kind: Kind.NAME, value: inner } }
      },
    })
  }
}

/** The names of all fields, at whatever depth, that `@requires` of some field names. */
function requiredNames(sdl: string): ReadonlySet<string> {
  const names = new Set<string>()
  visit(parse(sdl), {
    Directive: ({ name, arguments: given }) => {
      const set = given?.find((argument) => argument.name.value === 'requires')?.value
      if (name.value !== 'join__field' || set?.kind !== Kind.STRING) return
      visit(parse(`{ ${set.value} }`), { Field: ({ name }) => void names.add(name.value) })
    },
  })
  return names
}

/** A place in the subgraphs' answers as the client knows it. */
export function outerPath(path: readonly (string | number)[]): (string | number)[] {
  return path.map((part) => (typeof part === 'string' && part.startsWith(MARK) ? part.slice(MARK.length) : part))
}
