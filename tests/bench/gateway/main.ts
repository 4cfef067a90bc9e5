import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { GatewayProcess, type Measured, OTHER_CORE, pinned } from './gateway-process.ts'
import { routedSupergraph } from './gateways/routed-supergraph.ts'
import { type OperationName, operations, requestOf } from './operations.ts'

const USAGE = `npm run bench:gateway -- [--rounds 5] [--requests 2000] [--hands 16] [--warmUp 4000] [--only ours,stock,…] [--operations one,four]

CPU of the gateway's process for each request, ours and its peers' in the same run, before the same subgraphs over HTTP.
The peers are installed first: npm ci --prefix tests/bench/gateway
`
const FIRST_SUBGRAPH_PORT = 4_701
const FIRST_PORT = 4_710

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '2000' },
    hands: { type: 'string', default: '16' },
    /** Until then code is still being compiled, in all of them. */
    warmUp: { type: 'string', default: '4000' },
    only: { type: 'string', default: 'stock,ours,bare,hive,hive-rust' },
    operations: { type: 'string', default: 'one,four' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(USAGE)
  if (!existsSync(path.join(import.meta.dirname, 'node_modules'))) throw new Error(USAGE)
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-gateway-'))
  const supergraph = path.join(folder, 'supergraph.graphql')
  writeFileSync(supergraph, routedSupergraph(FIRST_SUBGRAPH_PORT))
  const subgraphs = pinned(
    OTHER_CORE,
    [here('subgraphs.ts'), `${FIRST_SUBGRAPH_PORT}`],
    ['ignore', 'inherit', 'inherit'],
  )
  const gateways = options.only.split(',').map((name, index) => start(name, FIRST_PORT + index, supergraph))
  try {
    for (const gateway of gateways) await gateway.ready()
    const names = options.operations.split(',').filter((name): name is OperationName => name in operations)
    for (const name of names) await compareAnswers(gateways, name)
    const samples = await measure(gateways, names)
    for (const name of names) print(name, gateways, samples)
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()))
    subgraphs.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

function here(file: string): string {
  return path.join(import.meta.dirname, file)
}

function start(name: string, port: number, supergraph: string): GatewayProcess {
  const ports = [`${port}`, `${FIRST_SUBGRAPH_PORT}`]
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  switch (name) {
    case 'stock':
      return new GatewayProcess(name, [here('gateways/stock.ts'), ...ports], url('/'))
    case 'ours':
      return new GatewayProcess(name, [here('gateways/ours.ts'), ...ports], url('/graphql'))
    case 'bare':
      return new GatewayProcess(name, [here('gateways/bare.ts'), ...ports], url('/'))
    case 'hive':
      return new GatewayProcess(name, [here('gateways/hive.mjs'), `${port}`, 'js', supergraph], url('/graphql'))
    case 'hive-rust':
      return new GatewayProcess(name, [here('gateways/hive.mjs'), `${port}`, 'rust', supergraph], url('/graphql'))
    default:
      throw new Error(`${name} is no gateway of this bench: ${USAGE}`)
  }
}

/** A fast wrong answer counts for nothing. */
async function compareAnswers(gateways: readonly GatewayProcess[], name: OperationName): Promise<void> {
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

type Samples = Map<string, Measured[]>

/** Each round measures every gateway once, one after the other, so that whatever else the machine does meets all of them. */
async function measure(gateways: readonly GatewayProcess[], names: readonly OperationName[]): Promise<Samples> {
  const [rounds, requests, hands] = [Number(options.rounds), Number(options.requests), Number(options.hands)]
  const samples: Samples = new Map()
  for (const name of names)
    for (const gateway of gateways)
      await gateway.measure((index) => requestOf(name, index), { requests: Number(options.warmUp), hands })
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      for (const gateway of gateways) {
        const key = `${name} ${gateway.name}`
        samples.set(key, [
          ...(samples.get(key) ?? []),
          await gateway.measure((index) => requestOf(name, index), { requests, hands }),
        ])
      }
    }
  }
  return samples
}

function print(name: OperationName, gateways: readonly GatewayProcess[], samples: Samples): void {
  const of = (gateway: string) => samples.get(`${name} ${gateway}`) ?? []
  const ours = of('ours')
  console.log(
    `\n${name}: ${cpus()[0]?.model}, Node ${process.version}, ${ours.length} rounds of ${options.requests} requests, ${options.hands} at a time`,
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

function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[ordered.length >> 1] ?? Number.NaN
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await main()
