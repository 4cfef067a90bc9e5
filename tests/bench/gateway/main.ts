import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { GatewayProcess, leaveGatewaysCore, type Measured, OTHER_CORE, pinned } from './gateway-process.ts'
import { keptSupergraph, routedSupergraph } from './gateways/routed-supergraph.ts'
import { type OperationName, operations, requestOf } from './operations.ts'
import { median } from './statistics.ts'
import { targetsOf } from './targets.ts'

const USAGE = `npm run bench:gateway -- [--rounds 5] [--seconds 2] [--hands 16] [--warmUp 8000] [--only ours,stock,…] [--operations one,four]

CPU of the gateway's process for each request, ours and its peers' in the same run, before the same subgraphs over HTTP.
Each is asked for as long as the others, so that what a process does now and then, such as to collect its garbage, counts by its time.
\`bare\` is ours without authentication, limits, log and metrics; \`kept\` is ours answering from its cache.
The peers are installed first: npm ci --prefix tests/bench/gateway
`
const FIRST_SUBGRAPH_PORT = 4_701
const FIRST_PORT = 4_710
/** For the time that one request takes when no other is under way. */
const ALONE = { hands: 1, seconds: 1 }

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    hands: { type: 'string', default: '16' },
    warmUp: { type: 'string', default: '8000' },
    only: { type: 'string', default: 'stock,ours,bare,hive,hive-rust,kept' },
    operations: { type: 'string', default: 'one,four' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(USAGE)
  if (!existsSync(path.join(import.meta.dirname, 'node_modules'))) throw new Error(USAGE)
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-gateway-'))
  const supergraphs = { routed: path.join(folder, 'routed.graphql'), kept: path.join(folder, 'kept.graphql') }
  writeFileSync(supergraphs.routed, routedSupergraph(FIRST_SUBGRAPH_PORT))
  writeFileSync(supergraphs.kept, keptSupergraph(FIRST_SUBGRAPH_PORT))
  leaveGatewaysCore()
  const subgraphs = pinned(
    OTHER_CORE,
    [here('subgraphs.ts'), `${FIRST_SUBGRAPH_PORT}`],
    ['ignore', 'inherit', 'inherit'],
  )
  const gateways = options.only.split(',').map((name, index) => start(name, FIRST_PORT + index, supergraphs))
  try {
    for (const gateway of gateways) await gateway.ready()
    const names = options.operations.split(',').filter((name): name is OperationName => name in operations)
    const bytes = new Map<OperationName, number>()
    for (const name of names) bytes.set(name, await compareAnswers(gateways, name))
    await warmUp(gateways, names)
    const loaded = await measure(gateways, names, { hands: Number(options.hands), seconds: Number(options.seconds) })
    const alone = await measure(
      gateways.filter(({ name }) => name === 'ours' || name === 'bare'),
      names,
      ALONE,
    )
    for (const name of names) print(name, bytes.get(name) ?? 0, gateways, loaded)
    console.log(`\n${targetsOf(samplesOf(loaded), samplesOf(alone))}`)
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    subgraphs.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

function here(file: string): string {
  return path.join(import.meta.dirname, file)
}

interface Supergraphs {
  readonly routed: string
  readonly kept: string
}

function start(name: string, port: number, { routed, kept }: Supergraphs): GatewayProcess {
  const ports = [`${port}`, `${FIRST_SUBGRAPH_PORT}`]
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  switch (name) {
    case 'stock':
      return new GatewayProcess(name, [here('gateways/stock.ts'), ...ports], url('/'))
    case 'ours':
      return new GatewayProcess(name, [here('gateways/ours.ts'), ...ports], url('/graphql'))
    case 'kept':
      return new GatewayProcess(name, [here('gateways/ours.ts'), ...ports, kept], url('/graphql'))
    case 'bare':
      return new GatewayProcess(name, [here('gateways/bare.ts'), ...ports], url('/'))
    case 'hive':
      return new GatewayProcess(name, [here('gateways/hive.mjs'), `${port}`, 'js', routed], url('/graphql'))
    case 'hive-rust':
      return new GatewayProcess(name, [here('gateways/hive.mjs'), `${port}`, 'rust', routed], url('/graphql'))
    default:
      throw new Error(`${name} is no gateway of this bench: ${USAGE}`)
  }
}

/** A fast wrong answer counts for nothing. @returns how many bytes the right one has. */
async function compareAnswers(gateways: readonly GatewayProcess[], name: OperationName): Promise<number> {
  const answers = await Promise.all(
    gateways.map(async (gateway) => ({ gateway: gateway.name, answer: await gateway.ask(requestOf(name)) })),
  )
  const texts = answers.map(({ gateway, answer }) => {
    if (answer.errors) throw new Error(`${gateway} answers ${name} with ${JSON.stringify(answer.errors)}`)
    return JSON.stringify(sorted(answer.data))
  })
  const odd = answers.filter((_, index) => texts[index] !== texts[0])
  if (odd.length > 0)
    throw new Error(`${odd.map(({ gateway }) => gateway).join()} and ${answers[0]?.gateway} answer ${name} differently`)
  return Buffer.byteLength(JSON.stringify({ data: answers[0]?.answer.data }))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)])
      .sort(),
  )
}

type Samples = ReadonlyMap<string, readonly Measured[]>

function keyOf(operation: string, gateway: string): string {
  return `${operation} ${gateway}`
}

function samplesOf(samples: Samples) {
  return (operation: string, gateway: string) => samples.get(keyOf(operation, gateway)) ?? []
}

/** Until then code is still being compiled, and answers that may be kept are not yet. */
async function warmUp(gateways: readonly GatewayProcess[], names: readonly OperationName[]): Promise<void> {
  const load = { requests: Number(options.warmUp), hands: Number(options.hands) }
  for (const name of names) for (const gateway of gateways) await gateway.send((index) => requestOf(name, index), load)
}

/** Each round measures every gateway once, one after the other, so that whatever else the machine does meets all of them. */
async function measure(
  gateways: readonly GatewayProcess[],
  names: readonly OperationName[],
  { hands, seconds }: { readonly hands: number; readonly seconds: number },
): Promise<Samples> {
  const samples = new Map<string, Measured[]>()
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of names) {
      for (const gateway of gateways) {
        const measured = await gateway.measure((index) => requestOf(name, index), hands, seconds)
        const key = keyOf(name, gateway.name)
        samples.set(key, [...(samples.get(key) ?? []), measured])
      }
    }
  }
  return samples
}

function print(name: OperationName, bytes: number, gateways: readonly GatewayProcess[], samples: Samples): void {
  const of = (gateway: string) => samplesOf(samples)(name, gateway)
  const ours = of('ours')
  console.log(
    `\n${name}, an answer of ${bytes} bytes: ${cpus()[0]?.model}, Node ${process.version}, ${ours.length} rounds of ${options.seconds} s, ${options.hands} requests at a time`,
  )
  console.log(
    '| gateway | CPU ms a request (least) | ÷ ours (median of pairs; all) | a second | p50 ms |\n|---|---:|---:|---:|---:|',
  )
  for (const gateway of gateways) {
    const theirs = of(gateway.name)
    const ratios = theirs.map(({ cpuMs }, round) => cpuMs / (ours[round]?.cpuMs ?? Number.NaN))
    const cells = [
      `${median(theirs.map(({ cpuMs }) => cpuMs)).toFixed(3)} (${Math.min(...theirs.map(({ cpuMs }) => cpuMs)).toFixed(3)})`,
      `${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(1)).join(' ')})`,
      median(theirs.map(({ perSecond }) => perSecond)).toFixed(0),
      median(theirs.map(({ medianMs }) => medianMs)).toFixed(2),
    ]
    console.log(`| ${gateway.name} | ${cells.join(' | ')} |`)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await main()
