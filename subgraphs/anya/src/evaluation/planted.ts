import { type BarFeatureTable, type Bars, barFeatureTable } from '../bar-features/index.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import { withColumns } from './bar-rows.ts'

const after = ({ change }: BarFeatureTable) => change.map((_, row) => change[row + 1] ?? Number.NaN)

/** Adds the change of the next bar at the right of each row: a look into the future that controls must find. */
export const withNextChange = (table: (bars: Bars) => Matrix) => (bars: Bars) =>
  withColumns(table(bars), [after(barFeatureTable(bars))])

/** The same for the features themselves, which are then made once. */
export const withChangeAfter = (table: BarFeatureTable) => withColumns(table, [after(table)])
