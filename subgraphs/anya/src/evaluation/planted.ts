import { type Bars, barFeatureTable } from '../bar-features/index.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import { withColumns } from './bar-rows.ts'

/** Adds the change of the next bar at the right of each row: a look into the future that controls must find. */
export const withNextChange = (table: (bars: Bars) => Matrix) => (bars: Bars) => {
  const { change } = barFeatureTable(bars)
  return withColumns(table(bars), [change.map((_, row) => change[row + 1] ?? Number.NaN)])
}
