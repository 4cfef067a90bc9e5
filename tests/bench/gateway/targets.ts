import type { Measured } from './gateway-process.ts'
import { median, medianOfPairs } from './statistics.ts'

/** What was measured of one gateway with one operation, round by round; empty where it was not. */
export type SamplesOf = (operation: string, gateway: string) => readonly Measured[]

interface Target {
  readonly what: string
  readonly measured: number
  readonly unit: string
  readonly atLeast?: number
  readonly atMost?: number
}

/** What this bench is to show. Ratios are of CPU for each request, the median of the rounds' pairs. */
export function targetsOf(loaded: SamplesOf, alone: SamplesOf): string {
  const ratio = (operation: string, peer: string, own: string) =>
    medianOfPairs(loaded(operation, peer), loaded(operation, own), (theirs, ours) => theirs.cpuMs / ours.cpuMs)
  const addedCpu = (operation: string) =>
    medianOfPairs(loaded(operation, 'ours'), loaded(operation, 'bare'), (ours, bare) => ours.cpuMs - bare.cpuMs)
  const addedLatency = (operation: string) =>
    100 * (median(alone(operation, 'ours').map(latency)) / median(alone(operation, 'bare').map(latency)) - 1)
  const targets: Target[] = [
    { what: 'four: stock ÷ ours', measured: ratio('four', 'stock', 'ours'), unit: '×', atLeast: 8 },
    { what: 'four: hive ÷ ours', measured: ratio('four', 'hive', 'ours'), unit: '×', atLeast: 8 },
    { what: 'four: hive-rust ÷ ours', measured: ratio('four', 'hive-rust', 'ours'), unit: '×', atLeast: 2 },
    { what: 'one: stock ÷ ours', measured: ratio('one', 'stock', 'ours'), unit: '×', atLeast: 5 },
    { what: 'four: stock ÷ ours from its cache', measured: ratio('four', 'stock', 'kept'), unit: '×', atLeast: 30 },
    ...['one', 'four'].flatMap((operation): Target[] => [
      {
        what: `${operation}: latency of ours over bare, one request at a time`,
        measured: addedLatency(operation),
        unit: ' %',
        atMost: 15,
      },
      { what: `${operation}: CPU of ours less that of bare`, measured: addedCpu(operation), unit: ' ms' },
    ]),
  ]
  const lines = targets.filter(({ measured }) => !Number.isNaN(measured)).map(lineOf)
  return ['| what | measured | target | met |', '|---|---:|---:|---|', ...lines].join('\n')
}

function lineOf({ what, measured, unit, atLeast, atMost }: Target): string {
  const digits = unit === ' ms' ? 3 : 1
  const target = atLeast !== undefined ? `≥ ${atLeast}${unit}` : atMost !== undefined ? `≤ ${atMost}${unit}` : ''
  const isMet = measured >= (atLeast ?? Number.NEGATIVE_INFINITY) && measured <= (atMost ?? Number.POSITIVE_INFINITY)
  return `| ${what} | ${measured.toFixed(digits)}${unit} | ${target} | ${target === '' ? '' : isMet ? 'yes' : 'no'} |`
}

function latency({ medianMs }: Measured): number {
  return medianMs
}
