import type { LotPlace, LotRange, PaperFillParent, PositionLotParent, PositionParent } from '../parents.ts'
import { applyMove, FLAT, LotQueue, moveOf } from '../portfolio/index.ts'

/**
 * The positions that an account's fills make, told by the same functions as a real account's.
 * @param fills oldest first.
 */
export function positionsOf(fills: readonly PaperFillParent[]): PositionParent[] {
  const bySymbol = Map.groupBy(fills, ({ symbol }) => symbol)
  return [...bySymbol].sort(([a], [b]) => (a < b ? -1 : 1)).map(([symbol, own]) => positionOf(symbol, own))
}

function positionOf(symbol: string, fills: readonly PaperFillParent[]): PositionParent {
  const queue = new LotQueue()
  let [position, fifoRealised, baseFees, quoteFees] = [FLAT, 0n, 0n, 0n]
  // Of one command's fills each is a lot of its own.
  for (const [leg, fill] of fills.entries()) {
    const { side, engineSequence, executedAt } = fill
    const fee = BigInt(fill.fee)
    const move = moveOf({ side, baseAmount: BigInt(fill.baseAmount), quoteAmount: BigInt(fill.quoteAmount), fee })
    position = applyMove(position, move)
    fifoRealised += queue.add({ ...move, engineSequence, leg, time: executedAt })
    if (side === 'BUY') baseFees += fee
    else quoteFees += fee
  }
  const lots = queue.lots.map((lot) => ({ symbol, ...lot }))
  const readLots = async (range: LotRange) => lotsWithin(lots, range)
  return { symbol, ...position, fifoRealised, baseFees, quoteFees, readLots }
}

function lotsWithin(
  lots: readonly PositionLotParent[],
  { after, before, backward, limit }: LotRange,
): PositionLotParent[] {
  const within = lots.filter((lot) => (!after || compare(lot, after) > 0) && (!before || compare(lot, before) < 0))
  return (backward ? within.reverse() : within).slice(0, limit)
}

const compare = (lot: PositionLotParent, [engineSequence, leg]: LotPlace) =>
  lot.engineSequence - engineSequence || lot.leg - leg
