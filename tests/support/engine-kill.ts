import { spawn } from 'node:child_process'
import path from 'node:path'
import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Client } from 'pg'
import { nthOrder, observedEngine } from './engine.ts'

const PROGRAM = path.join(import.meta.dirname, 'engine-process.ts')
const SUBMISSION = 500

export interface KillReport {
  acknowledged: number
  /** Acknowledged before the kill and unknown, or known as another order, after it. */
  lost: string[]
  /** States that were not equal after another replay. */
  unequal: number
  /** Sums of balances and fees that are not the supply, as `asset supply sum`. */
  unbalanced: string[]
}

/** Kills the process of a loaded engine with SIGKILL at random points, and after each death looks for anything that was promised and is not there. */
export async function killEngine(databaseUrl: string, kills: number, seed: number): Promise<KillReport> {
  const random = seededRandom(seed)
  const report: KillReport = { acknowledged: 0, lost: [], unequal: 0, unbalanced: [] }
  let from = 0
  let projectedThrough = 0
  for (let kill = 0; kill < kills; kill++) {
    const acked = await loadAndKill(databaseUrl, from, projectedThrough, 50 + random.next() * 500)
    report.acknowledged += acked.size
    const { client } = await observedEngine(databaseUrl, { projectedThrough })
    const last = Math.max(from, ...acked.keys()) + 100
    for (let n = from; n < last; n += SUBMISSION) {
      const numbers = Array.from({ length: Math.min(SUBMISSION, last - n) }, (_, i) => n + i)
      const acks = await client.submit(numbers.map(nthOrder))
      for (const [i, ack] of acks.entries()) {
        const promised = acked.get(numbers[i]!)
        const kept = ack.kind === 'PLACED' && ack.replayed && ack.order.orderId === promised
        if (promised && !kept) report.lost.push(`${numbers[i]} ${promised}`)
      }
    }
    const final = await client.stateHash()
    projectedThrough = final.sequence
    from = last
    await client.close()
    const again = await observedEngine(databaseUrl, { projectedThrough })
    if ((await again.client.stateHash()).hash !== final.hash) report.unequal++
    await again.client.close()
    report.unbalanced.push(...(await imbalance(databaseUrl)))
  }
  return report
}

async function loadAndKill(url: string, from: number, projectedThrough: number, afterMs: number) {
  const child = spawn(process.execPath, [PROGRAM, url, String(from), String(projectedThrough)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
    output += text
  })
  const { code } = await new Promise<{ code: number | null }>((resolve) =>
    child.on('close', (code) => resolve({ code })),
  )
  if (code !== null) throw new Error(`the engine's process ended by itself with ${code}`)
  const acked = new Map<number, string>()
  // The last line may be cut.
  for (const line of output.split('\n').slice(1, -1)) {
    const [n, orderId] = line.split(' ')
    acked.set(Number(n), orderId!)
  }
  return acked
}

/** Recounts the newest snapshot: all balances and fees of an asset are all that was ever credited. */
async function imbalance(databaseUrl: string): Promise<string[]> {
  const client = new Client(poolConfig(databaseUrl))
  await client.connect()
  const { rows } = await client.query('SELECT state FROM engine_snapshot ORDER BY sequence DESC LIMIT 1')
  await client.end()
  const state: {
    supply: [string, number][]
    fees: [string, number][]
    accounts: [string, string, [string, number, number][]][]
  } = JSON.parse(rows[0].state.toString())
  const sums = new Map(state.fees.map(([asset, amount]) => [asset, BigInt(amount)]))
  for (const [, , balances] of state.accounts) {
    for (const [asset, available, held] of balances) {
      sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(available) + BigInt(held))
    }
  }
  return state.supply.flatMap(([asset, supply]) =>
    sums.get(asset) === BigInt(supply) ? [] : [`${asset} ${supply} ${sums.get(asset)}`],
  )
}
