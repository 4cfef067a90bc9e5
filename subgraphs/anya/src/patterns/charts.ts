import type { Bar } from './bar.ts'
import { type Swing, SwingFinder } from './swings.ts'

export const CHART_KINDS = [
  'DOUBLE_TOP',
  'DOUBLE_BOTTOM',
  'HEAD_AND_SHOULDERS',
  'INVERSE_HEAD_AND_SHOULDERS',
  'ASCENDING_TRIANGLE',
  'DESCENDING_TRIANGLE',
  'SYMMETRICAL_TRIANGLE',
  'RISING_CHANNEL',
  'FALLING_CHANNEL',
  'HORIZONTAL_CHANNEL',
] as const
export type ChartKind = (typeof CHART_KINDS)[number]
export type PatternDirection = 'BULLISH' | 'BEARISH' | 'NEUTRAL'

export interface PatternPoint {
  /** Milliseconds since the Unix epoch: when the bar of the point begins. */
  readonly time: number
  /** Ticks. */
  readonly price: number
}

/** A chart pattern as it stood when its last bar closed. It is never taken back. */
export interface ChartPattern {
  readonly kind: ChartKind
  readonly direction: PatternDirection
  readonly points: readonly PatternPoint[]
}

/** In average true ranges. Levels this close are the same level. */
export const SAME = 0.75
/** In average true ranges. A move of this much is a move. */
export const APART = 1
/** Lo, Mamaysky and Wang (Foundations of Technical Analysis, Journal of Finance 55, 2000) define their patterns on five extrema. */
const SHAPE_SWINGS = 5
/** More tops and bottoms than this do not wait for their break at once: each waits no longer than it took to form. */
const MAX_FORMING = 16

/** A top or a bottom that price has formed, and that is one when price closes beyond its neckline. */
interface Forming {
  readonly kind: ChartKind
  /** 1 for tops, -1 for bottoms: prices times this are those of a top. */
  readonly sign: 1 | -1
  readonly swings: readonly Swing[]
  readonly expiresAfter: number
}

/** Finds chart patterns bar by bar: each answer depends on the bars so far only. */
export class ChartFinder {
  readonly #finder = new SwingFinder()
  #swings: Swing[] = []
  #forming: Forming[] = []
  #index = -1

  /** @returns the patterns that this bar's close completes. */
  add(bar: Bar): ChartPattern[] {
    this.#index++
    const swing = this.#finder.add(bar)
    const found: ChartPattern[] = []
    if (swing) {
      this.#swings = [...this.#swings, swing].slice(-SHAPE_SWINGS)
      this.#forming = [...this.#forming, ...formationsOf(this.#swings)].slice(-MAX_FORMING)
      const shape = this.#swings.length === SHAPE_SWINGS ? shapeOf(this.#swings) : null
      if (shape) found.push({ ...shape, points: this.#swings.map(pointOf) })
    }
    const stillForming: Forming[] = []
    for (const formation of this.#forming) {
      const { kind, sign, swings } = formation
      if (isBroken(formation, this.#index, bar.close))
        found.push({
          kind,
          direction: sign === 1 ? 'BEARISH' : 'BULLISH',
          points: [...swings.map(pointOf), { time: bar.openTime, price: bar.close }],
        })
      else if (isAlive(formation, this.#index, bar.close)) stillForming.push(formation)
    }
    this.#forming = stillForming
    return found
  }
}

const pointOf = ({ time, price }: Swing): PatternPoint => ({ time, price })

/** Tops (or, of lows, bottoms) that the newest swing ends. */
function formationsOf(swings: readonly Swing[]): Forming[] {
  const last = swings.at(-1)
  if (!last) return []
  const sign = last.kind === 'HIGH' ? 1 : -1
  const of = (kind: ChartKind, parts: readonly Swing[]): Forming => ({
    kind,
    sign,
    swings: parts,
    expiresAfter: last.confirmedIndex + (last.index - parts[0]!.index),
  })
  const formed: Forming[] = []
  const [peak] = swings.slice(-3)
  if (swings.length >= 3 && peak && Math.abs(peak.price - last.price) <= SAME * last.range)
    formed.push(of(sign === 1 ? 'DOUBLE_TOP' : 'DOUBLE_BOTTOM', swings.slice(-3)))
  if (swings.length === SHAPE_SWINGS && isHeadAndShoulders(swings, sign))
    formed.push(of(sign === 1 ? 'HEAD_AND_SHOULDERS' : 'INVERSE_HEAD_AND_SHOULDERS', swings))
  return formed
}

/** The head stands out over both shoulders, which are of one height, as are the two points of the neckline. */
function isHeadAndShoulders(swings: readonly Swing[], sign: 1 | -1): boolean {
  const range = swings.at(-1)!.range
  const [left, neckLeft, head, neckRight, right] = swings.map(({ price }) => (price * sign) / range)
  const shoulder = Math.max(left!, right!)
  return head! - shoulder >= APART && Math.abs(left! - right!) <= APART && Math.abs(neckLeft! - neckRight!) <= APART
}

/** Where the neckline is at a bar: level under a double top, through both valleys under head and shoulders. */
function necklineAt(swings: readonly Swing[], index: number): number {
  const [, from, , to = from] = swings
  if (to!.index === from!.index) return from!.price
  return lineAt(from!, to!, index)
}

const lineAt = (from: Swing, to: Swing, index: number) =>
  from.price + ((to.price - from.price) * (index - from.index)) / (to.index - from.index)

function isBroken({ swings, sign }: Forming, index: number, close: number): boolean {
  return sign * (close - necklineAt(swings, index)) < 0
}

/** Until price closes beyond what should have held it, or it has taken longer than it took to form. */
function isAlive({ swings, sign, expiresAfter }: Forming, index: number, close: number): boolean {
  const peak = Math.max(...swings.map(({ price }) => sign * price))
  return index < expiresAfter && sign * close <= peak
}

/** Triangles and channels on five swings: the line of the three outer ones, and how the two between them lie to it. */
function shapeOf(swings: readonly Swing[]): Pick<ChartPattern, 'kind' | 'direction'> | null {
  const [first, inner, middle, other, last] = swings
  if (!first || !inner || !middle || !other || !last) return null
  const { range } = last
  if (Math.abs(middle.price - lineAt(first, last, middle.index)) > SAME * range) return null
  // How far each side moves over the span of the two between, so that they compare.
  const outerMove = ((last.price - first.price) / (last.index - first.index)) * (other.index - inner.index)
  const innerMove = other.price - inner.price
  const [highs, lows] = last.kind === 'HIGH' ? [outerMove, innerMove] : [innerMove, outerMove]
  return triangleOf(highs / range, lows / range) ?? channelOf(highs / range, lows / range)
}

function triangleOf(highs: number, lows: number): Pick<ChartPattern, 'kind' | 'direction'> | null {
  const isFlat = (move: number) => Math.abs(move) <= SAME / 2
  if (isFlat(highs) && lows >= APART) return { kind: 'ASCENDING_TRIANGLE', direction: 'BULLISH' }
  if (isFlat(lows) && highs <= -APART) return { kind: 'DESCENDING_TRIANGLE', direction: 'BEARISH' }
  if (highs <= -SAME && lows >= SAME) return { kind: 'SYMMETRICAL_TRIANGLE', direction: 'NEUTRAL' }
  return null
}

function channelOf(highs: number, lows: number): Pick<ChartPattern, 'kind' | 'direction'> | null {
  if (Math.abs(highs - lows) > SAME) return null
  const move = (highs + lows) / 2
  if (move >= APART) return { kind: 'RISING_CHANNEL', direction: 'BULLISH' }
  if (move <= -APART) return { kind: 'FALLING_CHANNEL', direction: 'BEARISH' }
  return { kind: 'HORIZONTAL_CHANNEL', direction: 'NEUTRAL' }
}
