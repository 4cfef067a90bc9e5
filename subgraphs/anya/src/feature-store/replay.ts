import type { KnownRow } from './rows.ts'
import type { FeatureView } from './views/index.ts'

export interface TimeRange {
  /** Event time from which on, milliseconds since the Unix epoch. */
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

export interface Replayed {
  readonly rows: KnownRow[]
  /** Inputs that were unsound or out of order. */
  readonly refused: number
}

/** Between so many inputs others get their turn. */
const INPUTS_A_TURN = 2_000

/**
 * Computes a view's rows of a range from its history. The history is always read from its beginning: features fade and never quite
 * forget, and a row must not depend on where somebody began to ask.
 * @param breathe awaited every so many inputs, with how many were read. It may throw to give up.
 */
export async function replay<Input>(
  view: Pick<FeatureView<Input>, 'compute' | 'availabilityDelayMs'>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  { from, to }: TimeRange,
  breathe: (inputs: number) => Promise<void> = async () => {},
): Promise<Replayed> {
  const computation = view.compute()
  const rows: KnownRow[] = []
  let count = 0
  for await (const input of inputs) {
    for (const row of computation.push(input)) {
      if (row.eventTime >= to) return { rows, refused: computation.refused }
      if (row.eventTime >= from) rows.push({ ...row, availableAt: row.eventTime + view.availabilityDelayMs })
    }
    if (++count % INPUTS_A_TURN === 0) await breathe(count)
  }
  return { rows, refused: computation.refused }
}
