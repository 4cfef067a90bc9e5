import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock } from '@opsource/kernel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { rivalModel } from '../testing/rival-model.ts'
import { CHALLENGER, CHAMPION } from './history.ts'
import { MODELS_DIRECTORY, readModel } from './model-file.ts'
import { openChampion } from './registry.ts'
import { RetentionStore } from './retention-store.ts'

const NAME = 'mid-direction'
const [RULE, TRAINED] = [1, 2]
let fresh: FreshDatabase
let database: Database
let opened: OpenRegistry
let directory: string

beforeEach(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  opened = openRegistry(database, new ManualClock(Date.UTC(2024, 7, 9)))
  directory = await mkdtemp(path.join(tmpdir(), 'opsource-models-'))
  await cp(MODELS_DIRECTORY, directory, { recursive: true })
})
afterEach(async () => {
  await opened.close()
  await database.$disconnect()
  await fresh.drop()
  await rm(directory, { recursive: true })
})

const aliases = async () =>
  Object.fromEntries((await opened.registry.aliases.of([NAME])).map(({ alias, version }) => [alias, version]))
const historyOf = async () => (await opened.registry.aliases.history(NAME, { limit: 10_000 })).reverse()

/** Another model file, as a later training would leave it. */
async function retrain(changes: object = {}): Promise<void> {
  const { onnx, manifest } = await readModel(directory)
  const file = Buffer.concat([onnx, Buffer.from([0x72, 0])])
  const sha256 = createHash('sha256').update(file).digest('hex')
  await writeFile(path.join(directory, `${NAME}.onnx`), file)
  await writeFile(path.join(directory, 'manifest.json'), JSON.stringify({ ...manifest, sha256, ...changes }))
}

describe('a first start', () => {
  test('serves the baseline as a version of its own, and the trained model, which does not beat it, in its shadow; the history tells why', async () => {
    const served = await openChampion(opened.registry, directory)
    expect(served).toMatchObject({ modelName: NAME, version: RULE, manifest: { kind: 'RULE' } })
    expect(await aliases()).toEqual({ [CHAMPION]: RULE, [CHALLENGER]: TRAINED })
    const trained = await opened.registry.store.servable({ modelName: NAME, version: TRAINED })
    expect(Buffer.from(trained!.onnx)).toEqual(await readFile(path.join(directory, `${NAME}.onnx`)))
    const history = await historyOf()
    expect(history.map(({ action, alias, fromVersion, toVersion }) => [action, alias, fromVersion, toVersion])).toEqual(
      [
        ['REGISTERED', null, null, RULE],
        ['REGISTERED', null, null, TRAINED],
        ['ALIAS_SET', CHAMPION, null, RULE],
        ['REFUSED', CHAMPION, RULE, TRAINED],
        ['ALIAS_SET', CHALLENGER, null, TRAINED],
      ],
    )
    const failed = history[3]?.checks?.filter(({ passed }) => !passed).map(({ name }) => name)
    expect(failed).toContain('BEATS_BASELINE')
    expect(failed).not.toContain('PARITY')
  })

  test('of several instances at once registers each file once', async () => {
    const served = await Promise.all([1, 2, 3, 4].map(() => openChampion(opened.registry, directory)))
    expect(served.map(({ version }) => version)).toEqual([RULE, RULE, RULE, RULE])
    expect(await opened.registry.store.versionsOf(NAME)).toHaveLength(2)
  })

  test('with a file that is not the one its manifest names is refused', async () => {
    await writeFile(path.join(directory, `${NAME}.onnx`), 'something else')
    await expect(openChampion(opened.registry, directory)).rejects.toThrow('its manifest names')
    expect(await aliases()).toEqual({})
  })

  test('with a model that was trained on other features is refused', async () => {
    await retrain({ featureHash: '0'.repeat(64) })
    await expect(openChampion(opened.registry, directory)).rejects.toThrow('trained on other features')
    expect(await opened.registry.store.models()).toEqual([])
  })
})

describe('a later start', () => {
  test('with known files registers and judges nothing', async () => {
    await openChampion(opened.registry, directory)
    const before = await historyOf()
    await openChampion(opened.registry, directory)
    expect(await historyOf()).toEqual(before)
  })

  test('puts a newly trained file into the shadow, and the one before stays registered', async () => {
    await openChampion(opened.registry, directory)
    await retrain()
    expect((await openChampion(opened.registry, directory)).version).toBe(RULE)
    expect(await aliases()).toEqual({ [CHAMPION]: RULE, [CHALLENGER]: 3 })
    expect((await opened.registry.store.versionsOf(NAME)).map(({ version }) => version)).toEqual([3, 2, 1])
  })

  test('leaves a challenger that a person chose', async () => {
    await openChampion(opened.registry, directory)
    const rule = { modelName: NAME, version: RULE }
    await opened.registry.setAlias(rule, CHALLENGER, { by: 'usr_ada', reason: 'a try' })
    await retrain()
    await openChampion(opened.registry, directory)
    expect(await aliases()).toEqual({ [CHAMPION]: RULE, [CHALLENGER]: RULE })
  })

  test('lets the baseline take the place of a champion that never passed the gate', async () => {
    await openChampion(opened.registry, directory)
    await opened.registry.installRule({ modelName: NAME, version: TRAINED }, RULE, 'as it was before there was a gate')
    expect((await openChampion(opened.registry, directory)).version).toBe(RULE)
  })
})

describe('of many versions', () => {
  const wish = { by: 'usr_ada', reason: 'a try' }
  const now = new ManualClock(Date.UTC(2024, 7, 10))
  const prune = (kept: number) => new RetentionStore(database, now, kept).prune()
  const key = (version: number) => ({ modelName: NAME, version })
  const register = async (weight: number) => {
    const { onnx, manifest, evaluation } = await rivalModel({ weight })
    return (await opened.registry.store.register(onnx, manifest, { evaluation })).version
  }
  const keptFiles = async () => {
    const versions = await opened.registry.store.versionsOf(NAME)
    return versions.filter(({ prunedAt }) => prunedAt === null).map(({ version }) => version)
  }

  test('the files of old ones that never served go, what they were stays, and the same file brings one back', async () => {
    await openChampion(opened.registry, directory)
    const { registry } = opened
    for (let weight = 1; weight <= 6; weight++) await register(weight)
    // 3 served and was left, 4 has a name, 5 was judged and refused: only that does not keep it.
    expect((await registry.promote(key(3), wish)).kind).toBe('PROMOTED')
    await registry.rollBack(NAME, RULE, wish)
    await registry.setAlias(key(4), 'a-name', wish)
    await registry.aliases.note({
      modelName: NAME,
      action: 'REFUSED',
      alias: CHAMPION,
      fromVersion: RULE,
      toVersion: 5,
      ...wish,
    })
    expect(await prune(100)).toEqual({ files: 0, transitions: 0 })
    expect(await prune(2)).toEqual({ files: 2, transitions: 0 })
    expect(await keptFiles()).toEqual([8, 7, 4, 3, TRAINED, RULE])
    const [let5] = await registry.store.versions([key(5)])
    expect(let5).toMatchObject({ prunedAt: new Date(now.now()), manifest: { name: NAME } })
    expect(await registry.store.servable(key(5))).toBeNull()
    expect(await registry.promote(key(5), wish)).toEqual({ kind: 'UNKNOWN_VERSION' })
    expect(await registry.setAlias(key(5), 'late', wish)).toBeNull()
    expect(await register(3)).toBe(5)
    expect(await registry.store.servable(key(5))).toMatchObject({ sha256: let5?.sha256 })
    expect(await registry.store.evaluation(key(5))).not.toBeNull()
  })

  test('the database itself lets nothing else of them go', async () => {
    await openChampion(opened.registry, directory)
    const letGo = (version: number) =>
      database.$executeRaw`UPDATE model_version SET onnx = NULL, evaluation = NULL, pruned_at = now() WHERE version = ${version}`
    await expect(letGo(RULE)).rejects.toThrow('never changed')
    await expect(letGo(TRAINED)).rejects.toThrow('never changed')
    const plain = await register(1)
    await letGo(plain)
    const other = Buffer.from('another file')
    await expect(
      database.$executeRaw`UPDATE model_version SET onnx = ${other}, pruned_at = NULL WHERE version = ${plain}`,
    ).rejects.toThrow('never changed')
    await expect(database.$executeRaw`DELETE FROM model_version WHERE version = ${plain}`).rejects.toThrow(
      'never changed',
    )
    await expect(database.$executeRaw`DELETE FROM model_transition WHERE action = 'REGISTERED'`).rejects.toThrow(
      'never changed',
    )
    await expect(database.$executeRaw`TRUNCATE model_transition`).rejects.toThrow('never changed')
    await expect(database.$executeRaw`TRUNCATE model_version CASCADE`).rejects.toThrow('never changed')
    const underAnotherName = database.$executeRaw`
      INSERT INTO model_version (model_name, version, sha256, onnx, manifest, created_at)
      SELECT model_name, 99, repeat('0', 64), onnx, manifest, created_at FROM model_version WHERE version = ${RULE}`
    await expect(underAnotherName).rejects.toThrow('not the one that its hash names')
  })

  test('the newest thousand refusals are kept, and every move of what serves', async () => {
    await openChampion(opened.registry, directory)
    const before = (await historyOf()).map(({ position }) => position)
    const refusal = {
      modelName: NAME,
      alias: CHAMPION,
      toVersion: TRAINED,
      reason: 'once more',
      at: new Date(now.now()),
    }
    await database.modelTransition.createMany({
      data: [
        ...Array.from({ length: 1_005 }, () => ({ ...refusal, action: 'REFUSED' as const })),
        ...Array.from({ length: 1_005 }, () => ({ ...refusal, action: 'ROLLED_BACK' as const })),
        ...Array.from({ length: 1_002 }, () => ({ ...refusal, alias: 'a-name', action: 'ALIAS_SET' as const })),
      ],
    })
    expect(await prune(100)).toEqual({ files: 0, transitions: 6 + 2 })
    const kept = (await historyOf()).map(({ position }) => position)
    expect(before.filter((position) => !kept.includes(position))).toHaveLength(1)
    const count = (where: object) => database.modelTransition.count({ where })
    expect(await count({ action: 'REFUSED' })).toBe(1_000)
    expect(await count({ action: 'ROLLED_BACK' })).toBe(1_005)
  })
})
