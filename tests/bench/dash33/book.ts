import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { equityFlow } from '../../../subgraphs/dash33/src/match/equity-flow.ts'
import { mixedFlow } from '../../../subgraphs/dash33/src/match/mixed-flow.ts'
import type { Workload } from '../../../subgraphs/dash33/src/match/workload.ts'
import { PEERS, type PeerName } from './matching-peers.ts'

const OURS: PeerName = 'opsource'
const REFERENCE: PeerName = 'nodejs-order-book'
const OTHERS = (Object.keys(PEERS) as PeerName[]).filter((name) => name !== OURS)

/** Each workload, and the least factor over nodejs-order-book and over the best other engine. */
const WORKLOADS: { name: string; make: () => Workload; overReference: number; overBest: number }[] = [
  { name: 'W1', make: () => mixedFlow(), overReference: 120, overBest: 10 },
  { name: 'normal', make: () => equityFlow('normal'), overReference: 20, overBest: 10 },
  { name: 'static', make: () => equityFlow('static'), overReference: 500, overBest: 10 },
]
/** Of CPU time. */
const OUR_BUDGET_MS = 4_000
const PEER_BUDGET_MS = 20_000
const MOST_BYTES_PER_ORDER = 120
const LONGEST_COLLECTION_MS = 15

export interface BookFigure {
  readonly what: string
  readonly measured: string
  readonly target: string
  readonly met: boolean | null
}

const speed = z.object({
  runs: z.array(z.object({ messages: z.number(), ms: z.number() })).min(1),
  touch: z.tuple([z.string(), z.string()]),
})
const weight = z.object({ bytes: z.number(), collectionMs: z.number(), touch: z.tuple([z.string(), z.string()]) })

/** What one engine did of a workload: the median of its whole runs, or the one that it did not finish. */
interface Pace {
  readonly name: PeerName
  readonly perSecond: number
  readonly runs: number
  /** Of the messages; below 1 where the time ran out. */
  readonly share: number
  readonly touch: string
}

/** The bare book beside the order books of npm, each in a process of its own, in turn, on the same messages, by its thread's CPU time; then what resting orders weigh. */
export async function measureBook(): Promise<BookFigure[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-bench-'))
  try {
    const paces = WORKLOADS.flatMap(({ name, make, overReference, overBest }) => {
      const file = path.join(directory, `${name}.bin`)
      const workload = make()
      writeFileSync(file, workload.encode())
      return compare(name, file, workload.count, overReference, overBest)
    })
    return [...versions(), ...paces, ...weigh()]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function compare(name: string, file: string, count: number, overReference: number, overBest: number): BookFigure[] {
  const before = pace(OURS, file, count, OUR_BUDGET_MS)
  const others = OTHERS.map((other) => pace(other, file, count, PEER_BUDGET_MS))
  const after = pace(OURS, file, count, OUR_BUDGET_MS)
  const ours = (before.perSecond + after.perSecond) / 2
  const astray = others.filter(({ share, touch }) => share === 1 && touch !== before.touch)
  if (astray.length > 0)
    throw new Error(`${astray.map((each) => each.name)} ended ${name} with another best bid or ask`)
  const reference = others.find((each) => each.name === REFERENCE)!
  const best = others.toSorted((a, b) => b.perSecond - a.perSecond)[0]!
  return [
    figure(`${name}: our book before and after the others`, `${rate(before)}, ${rate(after)}`),
    ...others.map((other) => figure(`${name}: ${other.name}`, rate(other))),
    factor(`${name}: over ${REFERENCE}`, ours, reference, overReference),
    factor(`${name}: over the best other (${best.name})`, ours, best, overBest),
  ]
}

/** A peer that did not finish has its pace so far, which falls as its book fills: the factor is at least what it says. */
function factor(what: string, ours: number, { perSecond, share }: Pace, target: number): BookFigure {
  const times = ours / perSecond
  const measured = `${share < 1 ? 'at least ' : ''}${times.toFixed(1)} ×`
  return figure(what, measured, `≥ ${target} ×`, times >= target)
}

function weigh(): BookFigure[] {
  const [ours, theirs] = [OURS, REFERENCE].map((name) => weight.parse(child(['--expose-gc'], name, 'weight')))
  const say = ({ bytes, collectionMs }: z.infer<typeof weight>) =>
    `${bytes.toFixed(0)} B each, full collection ${collectionMs.toFixed(1)} ms`
  const light = ours!.bytes <= MOST_BYTES_PER_ORDER && ours!.collectionMs <= LONGEST_COLLECTION_MS
  return [
    figure('a million resting orders', say(ours!), `≤ ${MOST_BYTES_PER_ORDER} B, ≤ ${LONGEST_COLLECTION_MS} ms`, light),
    figure(`a million resting orders: ${REFERENCE}`, say(theirs!)),
  ]
}

function pace(name: PeerName, file: string, count: number, budgetMs: number): Pace {
  const { runs, touch } = speed.parse(child([], name, 'speed', file, String(budgetMs)))
  const whole = runs.filter(({ messages }) => messages === count)
  const counted = whole.length > 0 ? whole : runs
  const rates = counted.map(({ messages, ms }) => messages / (ms / 1_000)).sort((a, b) => a - b)
  const share = counted[0]!.messages / count
  return { name, perSecond: rates[rates.length >> 1]!, runs: counted.length, share, touch: touch.join() }
}

function child(flags: string[], ...args: string[]): unknown {
  const program = path.join(import.meta.dirname, 'matching-run.ts')
  return JSON.parse(execFileSync(process.execPath, [...flags, program, ...args], { encoding: 'utf8' }))
}

function rate({ perSecond, runs, share }: Pace): string {
  const cut = share < 1 ? `, cut after ${(share * 100).toFixed(0)} % of the messages` : ''
  return `${Math.round(perSecond).toLocaleString('en')}/s (median of ${runs}${cut})`
}

/** Of the packages, as they lie in the repository's node_modules. */
function versions(): BookFigure[] {
  const modules = path.join(import.meta.dirname, '../../../node_modules')
  return OTHERS.map((name) => {
    const manifest = JSON.parse(readFileSync(path.join(modules, name, 'package.json'), 'utf8'))
    return figure(`version of ${name}`, z.object({ version: z.string() }).parse(manifest).version)
  })
}

function figure(what: string, measured: string, target = '', met: boolean | null = null): BookFigure {
  return { what, measured, target, met }
}
