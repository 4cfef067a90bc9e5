import type { Ack, FillSnapshot, OrderSnapshot } from '../engine/acks.ts'
import { engineUnavailable, invalidInput, unknownMarket } from '../market/refusals.ts'
import type { FillParent } from '../parents.ts'
import { orderNotOpen, orderRefusal, type Place } from './refusals.ts'

/** What the engine's answer to an order is in the graph. */
export function placeAnswer(ack: Ack, place: Place) {
  if (ack.kind === 'REFUSED') return orderRefusal(ack, place)
  const { order, fills, replayed } = placedOf(ack)
  return { __typename: 'OrderPlaced' as const, order, fills, replayed }
}

/** What the engine's answer to a pair is in the graph. */
export function ocoAnswer(ack: Ack, place: Place) {
  if (ack.kind === 'REFUSED') return orderRefusal(ack, place)
  const { order, linked, fills, replayed } = placedOf(ack)
  const stopOrder = withRole(linked, 'OCO_STOP')
  return { __typename: 'OcoPlaced' as const, limitOrder: order, stopOrder, fills, replayed }
}

/** What the engine's answer to a bracket is in the graph. */
export function bracketAnswer(ack: Ack, place: Place) {
  if (ack.kind === 'REFUSED') return orderRefusal(ack, place)
  const { order, linked, fills, replayed } = placedOf(ack)
  const [takeProfit, stopLoss] = [withRole(linked, 'TAKE_PROFIT'), withRole(linked, 'STOP_LOSS')]
  return { __typename: 'BracketPlaced' as const, entry: order, takeProfit, stopLoss, fills, replayed }
}

/** What the engine's answer to an amendment is in the graph. */
export function amendAnswer(ack: Ack, place: Place) {
  if (ack.kind === 'REFUSED') {
    if (ack.code === 'ORDER_NOT_OPEN' || ack.code === 'UNKNOWN_ACCOUNT') return orderNotOpen()
    const refusal = orderRefusal(ack, place)
    if (refusal.__typename === 'UnknownMarket' || refusal.__typename === 'ClientOrderIdReused') throw unexpected(ack)
    return refusal
  }
  if (ack.kind !== 'AMENDED') throw unexpected(ack)
  const { order, keptPriority } = ack
  const fills = fillsOf(order, ack.fills, { sequence: ack.engineSequence, executedAt: null })
  return { __typename: 'OrderAmended' as const, order, fills, keptPriority }
}

/** What the engine's answer to a cancel is in the graph. */
export function cancelAnswer(ack: Ack, path: string) {
  if (ack.kind === 'CANCELLED')
    return { __typename: 'OrderCancelled' as const, order: ack.order satisfies OrderSnapshot }
  if (ack.kind !== 'REFUSED') throw unexpected(ack)
  if (ack.code === 'INVALID_COMMAND') return invalidInput(path, 'It cannot be read as what it should be.')
  if (ack.code === 'ORDER_NOT_OPEN' || ack.code === 'UNKNOWN_ACCOUNT') return orderNotOpen()
  return engineUnavailable(ack.code)
}

/** What the engine's answer to a mass cancel is in the graph. */
export function cancelAllAnswer(ack: Ack, symbol: string | null) {
  if (ack.kind === 'ALL_CANCELLED') return { __typename: 'OrdersCancelled' as const, orderIds: [...ack.orderIds] }
  if (ack.kind !== 'REFUSED') throw unexpected(ack)
  if (ack.code === 'UNKNOWN_ACCOUNT') return { __typename: 'OrdersCancelled' as const, orderIds: [] }
  return ack.code === 'UNKNOWN_MARKET' && symbol !== null ? unknownMarket(symbol) : engineUnavailable(ack.code)
}

/** What the engine's answer to a dead man's switch is in the graph. */
export function cancelAllAfterAnswer(ack: Ack) {
  if (ack.kind === 'CANCEL_ALL_AFTER_SET') {
    const at = ack.at === null ? null : new Date(ack.at).toISOString()
    return { __typename: 'CancelAllOrdersAfterSet' as const, at }
  }
  if (ack.kind !== 'REFUSED') throw unexpected(ack)
  if (ack.code === 'INVALID_COMMAND') {
    return invalidInput(`input.${ack.field}`, 'It cannot be read as what it should be.')
  }
  return engineUnavailable(ack.code)
}

/** An order's shares of trades as the graph has them. `executedAt` is null where the engine does not tell it with the answer. */
function fillsOf(
  { orderId, symbol, side }: OrderSnapshot,
  fills: readonly FillSnapshot[],
  command: Pick<FillParent, 'sequence' | 'executedAt'>,
): FillParent[] {
  return fills.map((fill) => ({ ...fill, ...command, orderId, symbol, side }))
}

function placedOf(ack: Exclude<Ack, { kind: 'REFUSED' }>) {
  if (ack.kind !== 'PLACED') throw unexpected(ack)
  const { order, linked, replayed } = ack
  const { engineSequence: sequence, createdAt: executedAt } = order
  return { order, linked, replayed, fills: fillsOf(order, ack.fills, { sequence, executedAt }) }
}

function withRole(orders: readonly OrderSnapshot[], role: OrderSnapshot['role']): OrderSnapshot {
  const order = orders.find((each) => each.role === role)
  if (!order) throw new Error(`the engine's answer has no ${role}`)
  return order
}

const unexpected = (ack: Ack) => new Error(`a command was answered ${ack.kind === 'REFUSED' ? ack.code : ack.kind}`)

export type PlaceAnswer = ReturnType<typeof placeAnswer>
export type OcoAnswer = ReturnType<typeof ocoAnswer>
export type BracketAnswer = ReturnType<typeof bracketAnswer>
export type AmendAnswer = ReturnType<typeof amendAnswer>
export type CancelAnswer = ReturnType<typeof cancelAnswer>
