import { seededRandom } from '@opsource/kernel'
import { describe, expect, it } from 'vitest'
import { type MarketSample, MarketWatch } from './market-watch.ts'
import { Watch } from './watch.ts'

const WARM_UP = 150

/** A quiet market, sampled each second; `change` puts something into it. */
function market(samples: number, change: (sample: MarketSample, index: number) => MarketSample = (sample) => sample) {
  const random = seededRandom(11)
  let mid = 100
  return Array.from({ length: samples }, (_, index) => {
    mid *= 1 + 0.0002 * (random.next() - 0.5)
    const volume = 5 + random.next()
    const sizes = { bidSize: 10 + random.next(), askSize: 10 + random.next() }
    const signedVolume = volume * 0.4 * (random.next() - 0.5)
    return change(
      { time: 1_000 * index, mid, spread: 0.02 + 0.002 * random.next(), volume, signedVolume, ...sizes },
      index,
    )
  })
}

const anomaliesOf = (samples: readonly MarketSample[]) => {
  const watch = new MarketWatch(WARM_UP)
  return samples.flatMap((sample, index) => watch.observe(sample).map((anomaly) => ({ index, ...anomaly })))
}

type Change = (sample: MarketSample) => MarketSample
const CHANGES: readonly (readonly [measure: string, name: string, change: Change])[] = [
  ['return', 'a price that jumps', (sample) => ({ ...sample, mid: sample.mid! * 1.02 })],
  ['spread', 'a spread that opens', (sample) => ({ ...sample, spread: 1 })],
  ['volume', 'a burst of trading', (sample) => ({ ...sample, volume: 300, signedVolume: 0 })],
  ['order flow imbalance', 'takers that all buy', (sample) => ({ ...sample, signedVolume: sample.volume! })],
  ['book imbalance', 'bids that vanish', (sample) => ({ ...sample, bidSize: 0.01 })],
]
const FIRST = 200
const APART = 30
const LASTING = 8

describe('a market under watch', () => {
  const changed = market(FIRST + APART * CHANGES.length, (sample, index) => {
    const change = CHANGES[Math.floor((index - FIRST) / APART)]
    return change && (index - FIRST) % APART < LASTING ? change[2](sample) : sample
  })
  const found = anomaliesOf(changed)

  it.each(CHANGES.map(([measure, name], number) => ({ measure, name, at: FIRST + APART * number })))(
    'shows $name at once, in its $measure',
    ({ measure, at }) => {
      const own = found.find((each) => each.measure === measure)
      expect(own?.index).toSatisfy((index: number) => index >= at && index < at + LASTING)
      expect(own!.explanation).toContain(measure)
      expect(own!.value < own!.usual[0] || own!.value > own!.usual[1]).toBe(true)
    },
  )

  it('is not alarmed by what is missing: no quotes, no sizes, a price of zero', () => {
    const broken = market(240, (sample, index) => {
      if (index < 180 || index % 3 > 0) return sample
      return { time: sample.time, mid: 0, spread: Number.NaN, bidSize: 0, askSize: 0 }
    })
    expect(anomaliesOf(broken)).toEqual([])
  })
})

describe('a watch', () => {
  it('grades what it finds, and says what would have been usual', () => {
    const watch = new Watch('latency', 150)
    const random = seededRandom(5)
    for (let index = 0; index < 250; index++) watch.observe({ value: 10 + random.next() })
    const verdicts = Array.from({ length: 8 }, () => watch.observe({ value: 500, time: 7 }))
    const anomalies = verdicts.flatMap((verdict) => (verdict.kind === 'anomaly' ? [verdict.anomaly] : []))
    expect(anomalies[0]).toMatchObject({ measure: 'latency', value: 500, time: 7 })
    expect(['LOW', 'MEDIUM', 'HIGH']).toContain(anomalies[0]!.severity)
    expect(anomalies[0]!.explanation).toMatch(/^latency is 500, above what it was lately: usually 10\.\d+ to 1\d\.\d+/)
    expect(watch.observe({ value: Number.NaN })).toEqual({ kind: 'ignored', reason: 'not a number' })
  })

  it('tells of a moment that is over by what was seen in it, not by what came after', () => {
    const watch = new Watch('delay', 300)
    const random = seededRandom(5)
    const values = Array.from({ length: 400 }, (_, index) => (index === 350 ? 3_000 : 10 + random.next()))
    const explained = values.flatMap((value) => {
      const verdict = watch.observe({ value })
      return verdict.kind === 'anomaly' ? [verdict.anomaly] : []
    })
    const late = explained.filter(({ value }) => value < 3_000)
    expect(late.length).toBeGreaterThan(0)
    for (const { explanation } of late)
      expect(explanation).toMatch(/^delay is 10\.\d+, after 3000 a moment ago: usually 10\./)
  })
})
