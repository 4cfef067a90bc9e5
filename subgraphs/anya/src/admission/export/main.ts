import { once } from 'node:events'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { FEATURE_COUNT, FEATURE_NAMES } from '../../features/index.ts'
import { loadDataset } from '../../training/mid-direction.ts'

/**
 * `npm run --silent training-set > features.csv`: the rows that the direction model is trained on, as a table for other tools. Columns:
 * `time` (RFC 3339), the features of the set `book` in order, and `up`: 1 where the mid price was higher after the horizon, else 0.
 */
const root = path.resolve(import.meta.dirname, '../../../../..')

const { values } = parseArgs({
  options: { data: { type: 'string', default: path.join(root, 'data/binance-btc-eth-2024-08-08') } },
})
const { data } = await loadDataset(values.data)
const lines = [['time', ...FEATURE_NAMES, 'up'].join()]
for (let i = 0; i < data.size; i++) {
  const row = data.rows.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT)
  lines.push([new Date(data.times[i]!).toISOString(), ...row, data.labels[i]].join())
}
if (!process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain')
