import { type FieldNode, Kind, parse, print, type SelectionNode, visit } from 'graphql'
import { z } from 'zod'
import type { UpstreamResult } from '../upstreams/upstream.ts'

/** By the law of the kind, a `DELTA` event names the state that it leads to in a field of this name. */
export const MARK_FIELD = 'sequence'

export interface Marking {
  /** The request for the field's owner, which asks for the mark beside what the client asks for. */
  readonly body: string
  /** The name of the state that an event leads to. Null where it has none. */
  readonly markOf: (event: UpstreamResult) => string | null
}

const requestSchema = z.looseObject({ query: z.string() })
const markSchema = z.union([z.string(), z.number()])

/** For streams whose states need no name. */
export function unmarked(body: string): Marking {
  return { body, markOf: () => null }
}

/** Prepares the request for a `DELTA` so that the states of two subscriptions to it can be told to be the same. */
export function marked(body: string): Marking {
  const request = requestSchema.parse(JSON.parse(body))
  const document = parse(request.query)
  const root = document.definitions
    .flatMap((definition) => (definition.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections : []))
    .find((selection): selection is FieldNode => selection.kind === Kind.FIELD)
  if (!root?.selectionSet) return unmarked(body)
  const alias = freeName(request.query)
  const selections = [...root.selectionSet.selections, markAs(alias)]
  const query = visit(document, {
    Field: (field) =>
      field === root ? { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } } : undefined,
  })
  const key = root.alias?.value ?? root.name.value
  return {
    body: JSON.stringify({ ...request, query: print(query) }),
    markOf: (event) => {
      const value = event.data?.[key]
      if (typeof value !== 'object' || value === null) return null
      const mark = markSchema.safeParse(Reflect.get(value, alias))
      return mark.success ? String(mark.data) : null
    },
  }
}

function markAs(alias: string): SelectionNode {
  return {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: alias },
    name: { kind: Kind.NAME, value: MARK_FIELD },
  }
}

function freeName(query: string): string {
  let name = 'stateMark'
  while (query.includes(name)) name += '_'
  return name
}
