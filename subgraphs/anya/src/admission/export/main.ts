import { once } from 'node:events'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { FEATURE_COUNT, FEATURE_NAMES } from '../../features/index.ts'
import { loadDataset } from '../../training/mid-direction.ts'

const USAGE = `npm run --silent training-set [-- --data FOLDER] > features.csv
  The rows that the direction model is trained on, as a table for other tools: time (RFC 3339), the features of the set book in order, and
  up: 1 where the mid price was higher after the horizon, else 0.
  --data FOLDER   the recorded order flow (data/binance-btc-eth-2024-08-08)
`
const root = path.resolve(import.meta.dirname, '../../../../..')

async function table(directory: string): Promise<string> {
  const { data } = await loadDataset(directory)
  const lines = [['time', ...FEATURE_NAMES, 'up'].join()]
  for (let i = 0; i < data.size; i++) {
    const row = data.rows.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT)
    lines.push([new Date(data.times[i]!).toISOString(), ...row, data.labels[i]].join())
  }
  return `${lines.join('\n')}\n`
}

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: path.join(root, 'data/binance-btc-eth-2024-08-08') },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return values.help ? USAGE : table(values.data)
}

try {
  if (!process.stdout.write(await main())) await once(process.stdout, 'drain')
} catch (error) {
  process.stderr.write(`training-set: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
