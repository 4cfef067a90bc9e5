// One matching engine in a process of its own: `matching-run.ts NAME speed FILE BUDGET_MS` or, with --expose-gc, `matching-run.ts NAME weight`.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { BUY, SELL } from '../../../subgraphs/dash33/src/book/index.ts'
import { NEW, Workload } from '../../../subgraphs/dash33/src/match/workload.ts'
import { PEERS, type PeerName } from './matching-peers.ts'

const RESTING = 1_000_000
const LEVELS = 1_000
const MIDDLE = 100_000
const COLLECTIONS = 5
/** Messages between two looks at the clock. */
const STRIDE = 4_096

const [name, what, file, budget] = z
  .tuple([z.enum(Object.keys(PEERS) as [PeerName, ...PeerName[]]), z.enum(['speed', 'weight'])])
  .rest(z.string())
  .parse(process.argv.slice(2))

/** Milliseconds of this thread alone: neither other processes nor the collector's helpers count, so a busy machine disturbs less. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** As much of the workload as there is time for. Repeated while half of the budget is left, since code that runs often is compiled better. */
function speed(workload: Workload, budgetMs: number): object {
  const runs: { messages: number; ms: number }[] = []
  let touch: [number, number] = [Number.NaN, Number.NaN]
  for (let spent = 0; spent < budgetMs / 2; spent += runs.at(-1)!.ms) {
    const peer = PEERS[name](workload)
    const start = cpuMs()
    let at = 0
    for (; at < workload.count && cpuMs() - start < budgetMs; at += STRIDE) {
      peer.take(at, Math.min(at + STRIDE, workload.count))
    }
    runs.push({ messages: Math.min(at, workload.count), ms: cpuMs() - start })
    touch = peer.touch()
  }
  return { runs, touch: touch.map(String) }
}

/** A million resting orders: bytes each, and how long a full garbage collection then takes. */
function weight(): object {
  const collect = globalThis.gc
  if (!collect) throw new Error('needs --expose-gc')
  const workload = new Workload(RESTING)
  for (let id = 1; id <= RESTING; id++) {
    const away = 1 + ((Math.imul(id, 0x9e3779b1) >>> 0) % LEVELS)
    const side = id % 2 === 0 ? BUY : SELL
    const price = side === BUY ? MIDDLE - away : MIDDLE + away
    workload.append({ type: NEW, id, side, price, quantity: 1 + (id % 100), immediate: false })
  }
  const peer = PEERS[name](workload)
  const occupied = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = occupied()
  peer.take(0, RESTING)
  const bytes = (occupied() - before) / RESTING
  peer.release()
  collect()
  const collections = Array.from({ length: COLLECTIONS }, () => {
    const start = performance.now()
    collect()
    return performance.now() - start
  })
  return { bytes, collectionMs: collections.sort((a, b) => a - b)[COLLECTIONS >> 1], touch: peer.touch().map(String) }
}

const result = what === 'weight' ? weight() : speed(Workload.decode(readFileSync(file ?? '')), Number(budget))
process.stdout.write(JSON.stringify(result))
