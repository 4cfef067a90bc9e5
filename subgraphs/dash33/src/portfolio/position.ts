/** An order's share of a trade, in minor units. */
export interface PositionFill {
  readonly side: 'BUY' | 'SELL'
  /** Of the base asset, above zero. */
  readonly baseAmount: bigint
  /** Of the quote asset, not below zero. */
  readonly quoteAmount: bigint
  /** Of the asset received: base for a buy, quote for a sell. */
  readonly fee: bigint
}

/** What a fill moved, after its fee: what came is above zero, what went below; of the quote asset the other way round, so that it is a cost. */
export interface Move {
  /** Base minor units. */
  readonly base: bigint
  /** Quote minor units. */
  readonly cost: bigint
}

/** What an account has bought and sold in one market, by average cost. Signed: below zero where more was sold than bought. */
export interface Position {
  /** Base minor units: bought less sold, after fees. */
  readonly quantity: bigint
  /** Quote minor units: paid for what is held, or (below zero) received for what is short. */
  readonly cost: bigint
  /** Quote minor units: profit of what was closed, after fees. */
  readonly realised: bigint
}

export const FLAT: Position = { quantity: 0n, cost: 0n, realised: 0n }

/** A buyer's fee reduces the base received, so that each unit costs more; a seller's reduces the proceeds. */
export function moveOf({ side, baseAmount, quoteAmount, fee }: PositionFill): Move {
  return side === 'BUY'
    ? { base: baseAmount - fee, cost: quoteAmount }
    : { base: -baseAmount, cost: -(quoteAmount - fee) }
}

/**
 * Adds a move to a position by average (weighted average) cost, IAS 2.27. What it closes takes its share of the cost (rounded toward
 * zero, the remainder stays with what is held) and becomes profit or loss; nothing is lost in rounding: `cost − realised` is always
 * exactly what was paid less what was received.
 */
export function applyMove(position: Position, { base, cost }: Move): Position {
  if (base === 0n) return { ...position, realised: position.realised - cost }
  const closes = position.quantity !== 0n && position.quantity > 0n !== base > 0n
  if (!closes) return { ...position, quantity: position.quantity + base, cost: position.cost + cost }
  const [held, moved] = [magnitude(position.quantity), magnitude(base)]
  const closed = moved < held ? moved : held
  const heldShare = (position.cost * closed) / held
  const moveShare = (cost * closed) / moved
  return {
    quantity: position.quantity + base,
    cost: position.cost - heldShare + cost - moveShare,
    realised: position.realised - heldShare - moveShare,
  }
}

export const magnitude = (value: bigint) => (value < 0n ? -value : value)
