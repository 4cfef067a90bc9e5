import { type GraphQLField, type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql'
import { MARK_FIELD } from './marks.ts'

/**
 * What a slow or late reader of a subscription may be given, as its description says:
 * `STATE`, each event is complete and the newest counts; `DELTA`, a snapshot first and then every change; `LOG`, every event or an end.
 */
export type StreamKind = 'STATE' | 'DELTA' | 'LOG'

const DECLARED = /^`?(STATE|DELTA|LOG)`?:/

/**
 * @throws Error naming a subscription field whose description declares no kind, since what may be dropped must not be guessed; or a `DELTA`
 * whose events do not say which state they lead to.
 */
export function streamKinds(schema: GraphQLSchema): ReadonlyMap<string, StreamKind> {
  const kinds = new Map<string, StreamKind>()
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const kind = DECLARED.exec(field.description ?? '')?.[1]
    if (kind !== 'STATE' && kind !== 'DELTA' && kind !== 'LOG') {
      throw new Error(`Subscription.${field.name}: its description must begin with STATE, DELTA or LOG`)
    }
    if (kind === 'DELTA' && !isMarked(field)) {
      throw new Error(`Subscription.${field.name}: the events of a DELTA must have a field ${MARK_FIELD}`)
    }
    kinds.set(field.name, kind)
  }
  return kinds
}

function isMarked({ type }: GraphQLField<unknown, unknown>): boolean {
  const named = getNamedType(type)
  return (isObjectType(named) || isInterfaceType(named)) && MARK_FIELD in named.getFields()
}
