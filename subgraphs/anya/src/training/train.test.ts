import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { FolderCheckpoints } from './checkpoints.ts'
import { InvalidData } from './recipe.ts'
import { RECIPES, readInput } from './recipes.ts'
import { type Progress, type TrainedModel, train } from './run.ts'

const dataDirectory = path.resolve(import.meta.dirname, '../../../../data')
/** Small enough for a test, and of two folds. */
const TINY = { bars: 4_200, folds: 2, rounds: 10, models: 1 }

let undisturbed: TrainedModel
beforeAll(async () => {
  undisturbed = await train(tinyInput(), { dataDirectory })
}, 240_000)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-checkpoints-'))
})
afterEach(() => rm(folder, { recursive: true }))

function tinyInput(seed: number | null = null) {
  const parameters = Object.entries(TINY).map(([name, value]) => ({ name, value }))
  const input = readInput({ recipe: 'hourly-return', parameters, seed })
  if (!input.ok) throw new Error(input.error.message)
  return input.value
}

test('a training tries to find a leak in four ways, one of which is to plant one', () => {
  const canaries = undisturbed.evaluation?.canaries ?? []
  expect(canaries.map(({ name }) => name)).toEqual([
    'shuffled-target',
    'prefix-invariance',
    'planted-future',
    'too-good-to-be-true',
  ])
  expect(canaries.filter(({ observed, threshold }) => observed > threshold)).toEqual([])
})

test.each([
  ['hourly-return-network', { bars: 4_200, epochs: 6, learningRate: 0.002 }],
  ['hourly-volatility-network', { bars: 4_600, epochs: 2, units: 4 }],
])(
  'a network is trained, checked and judged as trees are, and goes on where it was: %s',
  async (recipe, chosen) => {
    const parameters = Object.entries({ ...chosen, folds: 2 }).map(([name, value]) => ({ name, value }))
    const input = readInput({ recipe, parameters, seed: 3 })
    if (!input.ok) throw new Error(input.error.message)
    const attempt = (name: string) =>
      train(input.value, { dataDirectory, checkpoints: new FolderCheckpoints(folder, name) })
    const first = await attempt('first')
    expect(await readdir(folder)).toEqual(['fold-1.json', 'fold-2.json'])
    await rm(path.join(folder, 'fold-2.json'))
    const resumed = await attempt('second')
    expect(Buffer.compare(first.onnx, resumed.onnx)).toBe(0)
    expect(first.evaluation?.heldOut).toEqual(resumed.evaluation?.heldOut)
    expect(first.exportDifference).toBeLessThanOrEqual(1e-5)
    expect(first.evaluation?.canaries.filter(({ observed, threshold }) => observed > threshold)).toEqual([])
  },
  240_000,
)

test('the same seed gives the same file, another seed another', async () => {
  const [again, other] = [await train(tinyInput(), { dataDirectory }), await train(tinyInput(7), { dataDirectory })]
  expect(again.manifest).toEqual(undisturbed.manifest)
  expect(Buffer.compare(again.onnx, undisturbed.onnx)).toBe(0)
  expect(other.manifest.sha256).not.toBe(undisturbed.manifest.sha256)
}, 240_000)

test('one that was stopped goes on after the last whole fold, and ends with the same file', async () => {
  const stopped = train(tinyInput(), {
    dataDirectory,
    checkpoints: new FolderCheckpoints(folder, 'first'),
    report: async ({ fold, percent }) => {
      if (fold === 2 && percent > 50) throw new Error('pulled the plug')
    },
  })
  await expect(stopped).rejects.toThrow('pulled the plug')
  expect(await readdir(folder)).toEqual(['fold-1.json'])
  const seen: Progress[] = []
  const resumed = await train(tinyInput(), {
    dataDirectory,
    checkpoints: new FolderCheckpoints(folder, 'second'),
    report: async (progress) => void seen.push(progress),
  })
  expect(seen.filter(({ fold }) => fold === 1)).toHaveLength(2)
  expect(seen.filter(({ fold }) => fold === 2).length).toBeGreaterThan(2)
  expect(seen.map(({ percent }) => percent)).toEqual(seen.map(({ percent }) => percent).sort((a, b) => a - b))
  expect(Buffer.compare(resumed.onnx, undisturbed.onnx)).toBe(0)
  expect(resumed.manifest).toEqual(undisturbed.manifest)
}, 240_000)

test('what was kept under other parameters, or is damaged, counts no more', async () => {
  const checkpoints = new FolderCheckpoints(folder, 'test')
  const columns = { outcome: Float64Array.of(1.5, Number.NaN, Number.NEGATIVE_INFINITY) }
  await checkpoints.keep('fold-1', 'these', columns)
  expect(await checkpoints.load('fold-1', 'these')).toEqual(columns)
  expect(await checkpoints.load('fold-1', 'others')).toBeNull()
  expect(await checkpoints.load('fold-2', 'these')).toBeNull()
  const file = path.join(folder, 'fold-1.json')
  const whole = await readFile(file, 'utf8')
  await writeFile(file, whole.slice(0, -10))
  expect(await checkpoints.load('fold-1', 'these')).toBeNull()
  await writeFile(file, whole.replace('these', 'those'))
  expect(await checkpoints.load('fold-1', 'those')).toBeNull()
})

test('a full disk leaves no file behind, not even a part of one', async () => {
  await symlink('/dev/full', path.join(folder, 'fold-1.json.test.tmp'))
  const kept = new FolderCheckpoints(folder, 'test').keep('fold-1', 'these', { outcome: Float64Array.of(1) })
  await expect(kept).rejects.toThrow('ENOSPC')
  expect(await readdir(folder)).toEqual([])
})

test.each(RECIPES.map(({ name }) => name))('data that is not there is named: %s', async (recipe) => {
  const input = readInput({ recipe, parameters: [], seed: null })
  if (!input.ok) throw new Error(input.error.message)
  const training = train(input.value, { dataDirectory: folder })
  await expect(training).rejects.toThrow(InvalidData)
  await expect(training).rejects.toThrow('not there')
})

test('too little data is refused with how much there is', async () => {
  const training = train({ ...tinyInput(), parameters: { ...tinyInput().parameters, bars: 2_000 } }, { dataDirectory })
  await expect(training).rejects.toThrow(InvalidData)
  await expect(training).rejects.toThrow('2000 bars are too few')
})

test.each([
  [
    { recipe: 'alchemy', parameters: [], seed: null },
    { field: 'recipe', message: expect.stringContaining('mid-direction') },
  ],
  [
    { recipe: 'hourly-return', parameters: [{ name: 'depths', value: 3 }], seed: null },
    { field: 'parameters', message: expect.stringContaining('Parameter 1') },
  ],
  [
    { recipe: 'hourly-return', parameters: [{ name: 'depth', value: 2.5 }], seed: null },
    { field: 'parameters', message: expect.stringContaining('depth is a whole number from 1 to 12') },
  ],
  [
    { recipe: 'hourly-return', parameters: [{ name: 'penalty', value: Number.NaN }], seed: null },
    { field: 'parameters', message: expect.stringContaining('penalty is a number from 0') },
  ],
  [
    { recipe: 'hourly-return', parameters: [], seed: -1 },
    { field: 'seed', message: expect.stringContaining('whole number') },
  ],
])('what a recipe does not take is refused with what it takes: %j', (given, error) => {
  expect(readInput(given)).toEqual({ ok: false, error })
})
