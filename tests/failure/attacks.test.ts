import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

const ROOT = path.resolve(import.meta.dirname, '../..')
const GOOD = JSON.stringify({ query: '{ market(symbol: "A") { symbol forecast doubleLot } me { id } }' })
const GOOD_PER_SECOND = 100
const ATTACKS_PER_SECOND = 100
const ROUNDS = 4
const ROUND_MS = 6_500
/** Attackers, good traffic and the gateway share the machine's cores: in milliseconds, and loose for that. */
const MOST_P99_MS = 1_000

const toldSchema = z.object({ wrong: z.array(z.string()), left: z.number() })

let child: ChildProcess
let url: string
let authorization: string
let pool: Pool
let attacker: ChildProcess
let heard: AsyncIterator<string>

beforeAll(async () => {
  child = spawn(process.execPath, ['tests/failure/attacked-gateway.ts'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout ?? process.stdin }), 'line')
  ;({ url, authorization } = z.object({ url: z.string(), authorization: z.string() }).parse(JSON.parse(String(line))))
  pool = new Pool(new URL(url).origin, { connections: 32 })
  const how = [url, `${ATTACKS_PER_SECOND}`, `${ROUND_MS}`]
  attacker = spawn(process.execPath, ['tests/failure/attacker.ts', ...how], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  heard = createInterface({ input: attacker.stdout ?? process.stdin })[Symbol.asyncIterator]()
  await heard.next()
}, 60_000)
afterAll(async () => {
  await pool?.close()
  attacker?.stdin?.end()
  child?.stdin?.end()
  if (child?.exitCode === null) await once(child, 'exit')
})

test('good traffic is answered, and soon enough for people, while 2,600 attacks are tried beside it', async () => {
  await goodTraffic(2_000)
  const peace: number[] = []
  const war: number[] = []
  const wrong: string[] = []
  let left = -1
  for (let round = 0; round < ROUNDS; round++) {
    peace.push(...(await goodTraffic(ROUND_MS)))
    attacker.stdin?.write('go\n')
    war.push(...(await goodTraffic(ROUND_MS)))
    const told = toldSchema.parse(JSON.parse((await heard.next()).value))
    wrong.push(...told.wrong)
    left = told.left
  }
  const [calm, under] = [p99(peace), p99(war)]
  console.log(
    `good traffic: p99 ${calm.toFixed(1)} ms in peace, ${under.toFixed(1)} ms under attack (${war.length} requests each)`,
  )
  expect(wrong.slice(0, 10)).toEqual([])
  expect(left).toBe(0)
  expect(under).toBeLessThan(MOST_P99_MS)
})

/** @returns how long each request took, counted from when it was due. */
async function goodTraffic(ms: number): Promise<number[]> {
  const latencies: Promise<number>[] = []
  await everySoOften(GOOD_PER_SECOND, ms, (due) => {
    latencies.push(good().then(() => performance.now() - due))
  })
  return Promise.all(latencies)
}

async function good(): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization }
  const { statusCode, body } = await pool.request({ method: 'POST', path: '/graphql', headers, body: GOOD })
  const text = await body.text()
  if (statusCode !== 200 || text.includes('"errors"'))
    throw new Error(`good traffic is answered ${statusCode}: ${text}`)
}

async function everySoOften(perSecond: number, ms: number, act: (due: number) => void): Promise<void> {
  const begun = performance.now()
  for (let due = begun; due < begun + ms; due += 1_000 / perSecond) {
    const early = due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    act(due)
  }
}

function p99(latencies: readonly number[]): number {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0
}
