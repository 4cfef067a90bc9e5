import { createHash } from 'node:crypto'
import { err, ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { FEATURE_COUNT } from '../features/index.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { rivalModel } from '../testing/rival-model.ts'
import { CHALLENGER } from './history.ts'
import { MODELS_DIRECTORY } from './model-file.ts'
import { ModelRegistry } from './model-registry.ts'
import { ServingObserver } from './observe.ts'
import { type OpenedLine, openLine } from './registry.ts'
import { ServedVersions, type ServingParts } from './serving.ts'

const NAME = 'mid-direction'
const [RULE, TRAINED, RIVAL] = [1, 2, 3]
const wish = { by: 'usr_ada', reason: 'a try' }
const row = new Float32Array(FEATURE_COUNT)
/** A busy machine is no reason to refuse. */
const PATIENT = { deadlineMs: 40_000 }
const WAIT = { timeout: 40_000 }
let fresh: FreshDatabase
let database: Database
let opened: OpenRegistry
let serving: ServedVersions
let line: OpenedLine
const metrics = new Registry()
const observer = new ServingObserver({ metrics, log: pino({ level: 'silent' }) })
let falls = 0
const clock = new ManualClock(Date.UTC(2024, 7, 9))
/** What was said of versions that run is not believed any more. */
const silence = () => clock.advance(6_000)

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  const onUnstable = (id: string) => serving.retreat(id, 'it falls')
  const onRestarted = () => {
    falls++
  }
  opened = openRegistry(database, clock, { onUnstable, onRestarted })
  const { registry, engine, cache } = opened
  line = await openLine(registry, MODELS_DIRECTORY)
  serving = new ServedVersions({ registry, engine, ports: { cache }, observer, ...line, retryMs: 50, silentMs: 50 })
  await serving.start()
})
afterAll(async () => {
  await serving.close()
  await opened.close()
  await database.$disconnect()
  await fresh.drop()
})

const champion = () => serving.champion().model.version
/** What is called `champion`, once the instance has looked. */
async function named(instance: ServedVersions): Promise<number | null> {
  await instance.look()
  return opened.registry.aliases.version(NAME, 'champion')
}
const challenger = () => serving.challenger()?.model.version ?? null

test('a champion and its challenger are loaded, and answer', async () => {
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
  for (const { runner } of [serving.champion(), serving.challenger()!]) {
    const answer = await runner.run(row, PATIENT)
    // An even book says nothing of the direction.
    expect(answer.ok && answer.value).toEqual(Float32Array.of(0.5))
  }
})

test('what was asked of a version is answered by it, though another has taken its place', async () => {
  const { onnx, manifest, evaluation } = await rivalModel()
  await opened.registry.store.register(onnx, manifest, { evaluation })
  const before = serving.champion()
  const asked = Promise.all(Array.from({ length: 50 }, () => before.runner.run(row, PATIENT)))
  expect((await opened.registry.promote({ modelName: NAME, version: RIVAL }, wish)).kind).toBe('PROMOTED')
  await expect.poll(champion).toBe(RIVAL)
  expect((await asked).every(({ ok }) => ok)).toBe(true)
})

test('a champion that falls again and again gives way here, and, as it runs nowhere else, everywhere', async () => {
  expect(champion()).toBe(RIVAL)
  for (let fall = 1; fall <= 3; fall++) {
    const { runner } = serving.champion()
    await expect.poll(() => runner.isReady, WAIT).toBe(true)
    runner.restart('a fall')
    await expect.poll(() => falls, WAIT).toBe(fall)
  }
  // It ran here a moment ago, and may still elsewhere.
  await expect.poll(champion, WAIT).toBe(RULE)
  expect(await opened.registry.aliases.version(NAME, 'champion')).toBe(RIVAL)
  silence()
  await expect.poll(() => named(serving), WAIT).toBe(RULE)
  const [newest] = await opened.registry.aliases.history(NAME, { limit: 1 })
  expect(newest).toMatchObject({
    action: 'ROLLED_BACK',
    fromVersion: RIVAL,
    toVersion: RULE,
    by: null,
    reason: 'it falls',
  })
})

test('a version that others have left already is not left again, with what took its place', async () => {
  const { registry } = opened
  expect(await registry.fallBack(NAME, RULE, 'late', RIVAL)).toEqual({ kind: 'BUSY' })
  expect(await registry.deleteAlias(NAME, CHALLENGER, wish, RIVAL)).toBeNull()
  await serving.look()
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
})

test('however many names a model has, those that serve are found', async () => {
  const key = { modelName: NAME, version: RULE }
  const { registry } = opened
  const names = Array.from({ length: 97 }, (_, i) => ({ ...key, alias: `a${i}`, setAt: new Date(0) }))
  await database.modelAlias.createMany({ data: names })
  expect(await registry.setAlias(key, 'a97', wish)).not.toBeNull()
  expect(await registry.setAlias(key, 'a98', wish)).toBeNull()
  expect(await registry.setAlias(key, 'a0', wish)).not.toBeNull()
  expect(await registry.setAlias({ ...key, version: TRAINED }, CHALLENGER, wish)).not.toBeNull()
  const listed = (await registry.aliases.of([NAME])).map(({ alias }) => alias)
  expect(listed).toEqual(expect.arrayContaining(['champion', 'challenger']))
})

test('a version that cannot be loaded takes nobody’s place, and where it runs nowhere the alias goes back', async () => {
  const { manifest } = await rivalModel()
  const onnx = Uint8Array.from(Buffer.from('no model'))
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const { version } = await opened.registry.store.register(onnx, { ...manifest, sha256 })
  const key = { modelName: NAME, version }
  await opened.registry.setAlias(key, CHALLENGER, wish)
  await serving.look()
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
  await opened.registry.setAlias({ ...key, version: TRAINED }, CHALLENGER, wish)
  await opened.registry.installRule(key, RULE, 'past the gate')
  await expect.poll(() => named(serving), WAIT).toBe(RULE)
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
})

test('whoever asks through ten exchanges is answered each time', async () => {
  const { registry } = opened
  let isOver = false
  let answers = 0
  const refused: unknown[] = []
  const ask = async () => {
    while (!isOver) {
      const answer = await serving.champion().runner.run(row, PATIENT)
      if (answer.ok) answers++
      else refused.push(answer.error)
    }
  }
  const asking = Promise.all(Array.from({ length: 32 }, ask))
  for (let exchange = 0; exchange < 10; exchange++) {
    const next = exchange % 2 === 0 ? RIVAL : RULE
    const before = answers
    await registry.rollBack(NAME, next, wish)
    await expect.poll(champion, WAIT).toBe(next)
    await expect.poll(() => answers, WAIT).toBeGreaterThan(before)
  }
  isOver = true
  await asking
  expect(refused).toEqual([])
  expect(champion()).toBe(RULE)
})

describe('where one instance cannot run the champion', () => {
  const sick: ServingParts['engine'] = {
    load: async (spec) =>
      spec.id === `${NAME} ${RIVAL}` ? err({ kind: 'NOT_LOADABLE', message: 'no memory' }) : opened.engine.load(spec),
    unload: (model) => opened.engine.unload(model),
  }

  test('another version stands in there, the alias stays, and the others serve the champion', async () => {
    const { registry, cache } = opened
    await registry.rollBack(NAME, RIVAL, wish)
    await expect.poll(champion, WAIT).toBe(RIVAL)
    const before = await registry.aliases.history(NAME, { limit: 1 })
    const another = new ServedVersions({ registry, engine: sick, ports: { cache }, observer, ...line, retryMs: 1 })
    await another.start()
    for (let look = 0; look < 3; look++) await another.look()
    expect(another.champion().model.version).toBe(RULE)
    expect(champion()).toBe(RIVAL)
    expect(await registry.aliases.history(NAME, { limit: 1 })).toEqual(before)
    const text = await metrics.metrics()
    expect(text).toMatch(/opsource_anya_model_stand_ins_total\{model="mid-direction"\} \d/)
    await another.close()
  })

  test('the alias stays also where nobody can tell what runs elsewhere', async () => {
    const { registry, cache } = opened
    const lost = async () => Promise.reject(new Error('Redis is lost'))
    const deaf = { subscribe: cache.subscribe.bind(cache), get: lost, set: lost }
    const another = new ServedVersions({
      registry,
      engine: sick,
      ports: { cache: deaf },
      observer,
      ...line,
      retryMs: 1,
    })
    await another.start()
    for (let look = 0; look < 3; look++) await another.look()
    expect(another.champion().model.version).toBe(RULE)
    expect(await registry.aliases.version(NAME, 'champion')).toBe(RIVAL)
    await another.close()
  })

  test('the alias stays also where the cache has come back empty', async () => {
    const { registry, cache } = opened
    const another = new ServedVersions({ registry, engine: sick, ports: { cache }, observer, ...line, retryMs: 1 })
    await another.start()
    for (let look = 0; look < 3; look++) {
      await cache.delete(`anya:runs:${NAME}:${RIVAL}`)
      await another.look()
    }
    expect(await registry.aliases.version(NAME, 'champion')).toBe(RIVAL)
    await another.close()
  })

  test('another that is long at loading a challenger still says that it runs the champion', async () => {
    const { registry, engine, cache } = opened
    let begun = () => {}
    let goOn = () => {}
    const isLoading = new Promise<void>((resolve) => {
      begun = resolve
    })
    const wait = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const load: typeof engine.load = async (spec) => {
      if (spec.id === `${NAME} ${TRAINED}`) {
        begun()
        await wait
      }
      return engine.load(spec)
    }
    await serving.close()
    await registry.deleteAlias(NAME, CHALLENGER, wish)
    const slow = { load, unload: (model: Parameters<typeof engine.unload>[0]) => engine.unload(model) }
    serving = new ServedVersions({
      registry,
      engine: slow,
      ports: { cache },
      observer,
      ...line,
      retryMs: 50,
      silentMs: 50,
    })
    await serving.start()
    await registry.setAlias({ modelName: NAME, version: TRAINED }, CHALLENGER, wish)
    await isLoading
    silence()
    await expect.poll(() => cache.get(`anya:runs:${NAME}:${RIVAL}`), WAIT).not.toBeNull()
    goOn()
    await expect.poll(challenger, WAIT).toBe(TRAINED)
  })

  test('and what stands in falls, the next stands in for both', async () => {
    const { registry, cache } = opened
    const { onnx, manifest, evaluation } = await rivalModel({ weight: 2 })
    const { version } = await registry.store.register(onnx, manifest, { evaluation })
    await registry.installRule({ modelName: NAME, version }, RIVAL, 'past the gate')
    await registry.installRule({ modelName: NAME, version: RIVAL }, version, 'past the gate')
    await expect.poll(champion, WAIT).toBe(RIVAL)
    const another = new ServedVersions({ registry, engine: sick, ports: { cache }, observer, ...line, retryMs: 1 })
    await another.start()
    expect(another.champion().model.version).toBe(version)
    another.retreat(`${NAME} ${version}`, 'it falls')
    await another.look()
    expect(another.champion().model.version).toBe(RULE)
    await another.look()
    expect(another.champion().model.version).toBe(RULE)
    expect(await registry.aliases.version(NAME, 'champion')).toBe(RIVAL)
    await another.close()
    await registry.rollBack(NAME, RULE, wish)
  })
})

test('a challenger that fell and is named anew is tried anew, at once', async () => {
  const { registry } = opened
  await expect.poll(challenger, WAIT).toBe(TRAINED)
  serving.retreat(`${NAME} ${TRAINED}`, 'it falls')
  await serving.look()
  expect(challenger()).toBeNull()
  await registry.deleteAlias(NAME, CHALLENGER, wish)
  await serving.look()
  await registry.setAlias({ modelName: NAME, version: TRAINED }, CHALLENGER, wish)
  await expect.poll(challenger, WAIT).toBe(TRAINED)
})

test('an alias is moved, and whoever moved it hears so, while the cache is away', async () => {
  const publish = () => Promise.reject(new Error('Redis is lost'))
  const registry = new ModelRegistry({ database, clock, engine: opened.engine, cache: { publish }, served: new Map() })
  expect(await registry.setAlias({ modelName: NAME, version: RULE }, 'a1', wish)).toMatchObject({ toVersion: RULE })
})

describe('a start at which the champion cannot be loaded', () => {
  /** Nobody else is there who could run it. */
  beforeAll(() => serving.close())

  const started = async (engine: ServingParts['engine'] = opened.engine) => {
    const { registry, cache } = opened
    const another = new ServedVersions({
      registry,
      engine,
      ports: { cache },
      observer,
      ...line,
      retryMs: 50,
      silentMs: 50,
    })
    await another.start()
    return another
  }
  /** What a start finds and does where `champion` was to serve. */
  async function startOn(champion: number, engine?: ServingParts['engine']) {
    const another = await started(engine)
    const { model, runner } = another.champion()
    const answer = await runner.run(row, PATIENT)
    silence()
    await expect.poll(() => named(another), WAIT).toBe(model.version)
    await another.close()
    const [newest] = await opened.registry.aliases.history(NAME, { limit: 1 })
    expect(answer.ok).toBe(true)
    expect(newest).toMatchObject({ action: 'ROLLED_BACK', alias: 'champion', fromVersion: champion, by: null })
    expect(newest?.toVersion).toBe(model.version)
    expect(newest?.reason).toContain(`The platform cannot load version ${champion}: `)
    return { serves: model.version, reason: newest?.reason }
  }
  const retreats = async () =>
    (await metrics.getSingleMetric('opsource_anya_model_retreats_total')?.get())?.values[0]?.value
  /** As a failing disk leaves it: the database itself refuses to change a version. */
  async function damage(version: number, { onnx = Buffer.from('rotten'), manifest = null as string | null } = {}) {
    await database.$transaction([
      database.$executeRaw`ALTER TABLE model_version DISABLE TRIGGER model_version_stays`,
      database.$executeRaw`UPDATE model_version SET onnx = ${onnx}, manifest = coalesce(${manifest}::jsonb, manifest)
        WHERE model_name = ${NAME} AND version = ${version}`,
      database.$executeRaw`ALTER TABLE model_version ENABLE TRIGGER model_version_stays`,
    ])
  }

  test('as onnxruntime refuses it goes back to what served before, and says so', async () => {
    const before = await retreats()
    const { manifest } = await rivalModel()
    const onnx = Uint8Array.from(Buffer.from('no model either'))
    const sha256 = createHash('sha256').update(onnx).digest('hex')
    const { version } = await opened.registry.store.register(onnx, { ...manifest, sha256 })
    await opened.registry.installRule({ modelName: NAME, version }, RULE, 'past the gate')
    const { serves, reason } = await startOn(version)
    expect(serves).toBe(RULE)
    expect(reason).not.toMatch(/onnxruntime_src|\.cc|\/home|\/work/)
    expect(await retreats()).toBe((before ?? 0) + 1)
  })

  test('as its thread ends while it loads goes back too', async () => {
    await opened.registry.rollBack(NAME, RIVAL, wish)
    const { engine } = opened
    const load: typeof engine.load = async (spec) =>
      spec.id === `${NAME} ${RIVAL}` ? err({ kind: 'NOT_LOADABLE', message: 'ended' }) : engine.load(spec)
    expect(await startOn(RIVAL, { load, unload: (model) => engine.unload(model) })).toMatchObject({
      serves: RULE,
      reason: expect.stringMatching(/: ended$/),
    })
  })

  test('as its file rotted in the database goes back, and whoever promotes it is refused', async () => {
    await opened.registry.rollBack(NAME, RIVAL, wish)
    await damage(RIVAL)
    expect((await startOn(RIVAL)).serves).toBe(RULE)
    const refused = await opened.registry.promote({ modelName: NAME, version: RIVAL }, wish)
    expect(refused.kind === 'REFUSED' && refused.checks.find(({ name }) => name === 'PARITY')?.detail).toContain(
      'SHA-256',
    )
  })

  test('as what was registered of it cannot be read goes back', async () => {
    await opened.registry.rollBack(NAME, RIVAL, wish)
    await damage(RIVAL, { manifest: '{"of": "a later release"}' })
    expect((await openLine(opened.registry, MODELS_DIRECTORY)).modelName).toBe(NAME)
    expect(await startOn(RIVAL)).toMatchObject({ serves: RULE, reason: expect.stringContaining('cannot be read') })
  })

  test('as all files rotted serves the release’s own of the same hash', async () => {
    await damage(RULE)
    await damage(TRAINED)
    const another = await started()
    expect(another.champion().model.version).toBe(RULE)
    expect(await another.champion().runner.run(row, PATIENT)).toMatchObject({ ok: true })
    await another.close()
  })

  test('without anything that can be loaded is refused', async () => {
    const load = async () => err({ kind: 'NOT_LOADABLE', message: 'no memory' } as const)
    await expect(started({ load, unload: async () => {} })).rejects.toThrow('no version of mid-direction can be served')
  })
})
