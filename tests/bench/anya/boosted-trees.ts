import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { seededRandom } from '@opsource/kernel'
import { z } from 'zod'
import {
  type BoostingOptions,
  exportTrees,
  fitTrees,
  type Labelled,
  predictTrees,
} from '../../../subgraphs/anya/src/learners/boosted-trees/index.ts'
import { rankArea } from '../../../subgraphs/anya/src/statistics/measures.ts'
import { exportDifference } from '../../../subgraphs/anya/src/training/parity.ts'

const ROWS = 100_000
const TEST_ROWS = 20_000
const COLUMNS = 40
const BINS = [64, 255]
const OPTIONS: Omit<BoostingOptions, 'bins'> = {
  objective: { kind: 'LOGISTIC' },
  rounds: 200,
  learningRate: 0.1,
  leaves: 31,
  depth: 8,
  minHessian: 1,
  penalty: 1,
  rowShare: 1,
  columnShare: 1,
  seed: 1,
}

const peerSchema = z.object({ version: z.string(), seconds: z.number(), cpu: z.number(), auc: z.number() })

/** Trains the same trees by xgboost on one thread, where Debian's python3-xgboost is installed. */
const PEER = `
import json, sys, time
import numpy as np, xgboost as xgb
folder, rows, columns, bins = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
x = np.fromfile(folder + '/x.f32', dtype=np.float32).reshape(-1, columns)
y = np.fromfile(folder + '/y.f32', dtype=np.float32)
train, test = xgb.DMatrix(x[:rows], y[:rows]), xgb.DMatrix(x[rows:])
options = dict(objective='binary:logistic', tree_method='hist', grow_policy='lossguide', max_bin=bins, max_leaves=31, max_depth=8,
               eta=0.1, min_child_weight=1, nthread=1, seed=1, **{'lambda': 1})
began, used = time.perf_counter(), time.process_time()
model = xgb.train(options, train, 200)
seconds, cpu = time.perf_counter() - began, time.process_time() - used
score, label = model.predict(test), y[rows:]
rank = np.empty(len(score)); rank[np.argsort(score, kind='stable')] = np.arange(1, len(score) + 1)
up = label.sum()
auc = (rank[label == 1].sum() - up * (up + 1) / 2) / (up * (len(label) - up))
print(json.dumps(dict(version=xgb.__version__, seconds=seconds, cpu=cpu, auc=float(auc))))
`

/** Interactions, a wave, a step, a square and noise in six of forty columns: what trees are for. */
function sample(): Labelled {
  const random = seededRandom(42)
  const normal = () => Math.sqrt(-2 * Math.log(random.next() + 1e-12)) * Math.cos(2 * Math.PI * random.next())
  const values = new Float32Array((ROWS + TEST_ROWS) * COLUMNS)
  const labels = new Float32Array(ROWS + TEST_ROWS)
  for (let i = 0; i < labels.length; i++) {
    const row = values.subarray(i * COLUMNS, (i + 1) * COLUMNS)
    for (let column = 0; column < COLUMNS; column++) row[column] = normal()
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = row
    const signal = a * b + Math.sin(2 * c) + 0.5 * (d > 0.5 ? 1 : -1) * e + 0.3 * f ** 2 - 0.3
    labels[i] = signal + normal() > 0 ? 1 : 0
  }
  return { width: COLUMNS, values, labels }
}

async function measure({ values, labels }: Labelled, bins: number) {
  const train = { width: COLUMNS, values: values.subarray(0, ROWS * COLUMNS), labels: labels.subarray(0, ROWS) }
  const test = { width: COLUMNS, values: values.subarray(ROWS * COLUMNS) }
  const began = performance.now()
  const used = process.cpuUsage()
  const model = fitTrees(train, { ...OPTIONS, bins })
  const seconds = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(used)
  const expected = predictTrees(model, test)
  const difference = await exportDifference(exportTrees(model, 'bench', {}), test.values, COLUMNS, expected)
  return { seconds, cpu: (user + system) / 1e6, auc: rankArea(expected, labels.subarray(ROWS)), difference }
}

/** The Python on the path may be another than Debian's, which alone sees Debian's packages. */
const PYTHONS = ['/usr/bin/python3', 'python3']

function peer(folder: string, bins: number): z.infer<typeof peerSchema> | null {
  const python = PYTHONS.find((program) => spawnSync(program, ['-c', 'import xgboost']).status === 0)
  if (!python) return null
  const args = ['-c', PEER, folder, String(ROWS), String(COLUMNS), String(bins)]
  return peerSchema.parse(JSON.parse(execFileSync(python, args, { encoding: 'utf8' })))
}

const line = (name: string, seconds: number, cpu: number, auc: number, more = '') =>
  `${name.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s ${cpu.toFixed(2).padStart(7)} s CPU   AUC ${auc.toFixed(4)}${more}\n`

/** Fits both on the same rows and prints time, processor time and AUC, for 64 bins and for 255. */
export async function compareTrees(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'opsource-trees-'))
  try {
    const data = sample()
    await writeFile(path.join(folder, 'x.f32'), new Uint8Array(data.values.buffer))
    await writeFile(path.join(folder, 'y.f32'), new Uint8Array(data.labels.buffer))
    process.stdout.write(
      `${ROWS} rows × ${COLUMNS} columns, ${OPTIONS.rounds} rounds of ${OPTIONS.leaves} leaves, one thread of ${cpus()[0]?.model}\n`,
    )
    for (const bins of BINS) {
      const own = await measure(data, bins)
      const parity = `   onnxruntime differs by ${own.difference.toExponential(1)}`
      process.stdout.write(line(`boosted-trees, ${bins} bins`, own.seconds, own.cpu, own.auc, parity))
      const other = peer(folder, bins)
      process.stdout.write(
        other
          ? line(
              `xgboost ${other.version}, ${bins} bins`,
              other.seconds,
              other.cpu,
              other.auc,
              `   ratio ${(own.seconds / other.seconds).toFixed(2)}, of CPU ${(own.cpu / other.cpu).toFixed(2)}`,
            )
          : 'no peer: python3-xgboost is not installed\n',
      )
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}
