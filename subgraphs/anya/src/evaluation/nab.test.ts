import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Committee } from '../anomaly/committee.ts'
import { evaluateCorpus } from './nab.ts'
import { scoresOf } from './nab-baselines.ts'
import { readCorpus } from './nab-corpus.ts'
import { heard, reportsOf } from './nab-tuning.ts'

const SHORT = ['exchange-3_cpc', 'exchange-4_cpc', 'TravelTime_387', 'speed_t4013']
const corpus = await readCorpus(path.resolve(import.meta.dirname, '../../../../data/nab'))
const series = corpus.series.filter(({ name }) => SHORT.some((part) => name.includes(part)))
const profiles = { standard: corpus.profiles.standard! }
const result = evaluateCorpus({ series, profiles })

describe('the evaluation on NAB', () => {
  it('fixes parameters on every other file and scores on the rest, both ways', () => {
    expect(result.split.first).toEqual(['realAdExchange/exchange-3_cpc_results.csv', 'realTraffic/TravelTime_387.csv'])
    expect(result.split.second).toHaveLength(2)
    expect(result.profiles.standard!.committee!.heldOut.map((each) => each.fixedOn)).toEqual(['first', 'second'])
  })

  it('finds the committee far better than chance and silence on files that nothing was fixed on, and says how baselines do', () => {
    const { committee, ...baselines } = result.profiles.standard!
    expect(Object.keys(baselines)).toEqual(['null', 'random', 'windowedGaussian', 'robustLevel'])
    expect(committee!.heldOutOfBoth).toBeGreaterThan(65)
    expect(baselines.random!.heldOutOfBoth).toBeLessThan(40)
  })

  it('says first whether each half reaches its target on what was fixed on the other', () => {
    const { committee } = result.profiles.standard!
    const scores = [...committee!.heldOut.map(({ score }) => score), committee!.heldOutOfBoth]
    expect(result.targets.map(({ measured }) => measured)).toEqual(scores)
    expect(result.verdict).toBe(scores.every((score) => score >= 65) ? 'MET' : 'MISSED')
    const quiet = series.map((each) => ({ ...each, windows: [] }))
    expect(evaluateCorpus({ series: quiet, profiles })).toMatchObject({
      verdict: 'TOO FEW WINDOWS: a half has none',
      stretch: { measured: null, met: false },
    })
  })

  it('tells how much a score owes to the split', () => {
    const { halves, mean, standardDeviation } = result.randomHalves
    expect(halves).toBe(60)
    expect(mean).toBeLessThan(100)
    expect(standardDeviation).toBeGreaterThan(0)
  })

  it('gives silence 0 points', () => {
    expect(result.profiles.standard!.null!.allFiles.score).toBe(0)
  })

  it('adds up to the same by file, by category and in all', () => {
    const raw = result.profiles.standard!.committee!.heldOut.reduce((sum, each) => sum + each.falsePositives, 0)
    const count = (rows: readonly { falsePositives: number }[]) =>
      rows.reduce((sum, row) => sum + row.falsePositives, 0)
    expect(count(result.fileResults)).toBe(raw)
    expect(count(result.categoryResults)).toBe(raw)
  })

  it('takes nothing from the labels of the half that it scores on', () => {
    const held = new Set(result.split.second)
    const unlabelled = series.map((each) =>
      held.has(each.name) ? { ...each, windows: [{ from: 600, to: 601 }] } : each,
    )
    const other = evaluateCorpus({ series: unlabelled, profiles })
    const fixed = (of: typeof result) => of.profiles.standard!.committee!.heldOut[0]!.parameters
    expect(fixed(other)).toEqual(fixed(result))
    expect(other.profiles.standard!.committee!.heldOut[0]!.score).not.toBe(
      result.profiles.standard!.committee!.heldOut[0]!.score,
    )
  })

  it('measures the detector that is shipped: row by row the same scores', () => {
    const [file] = series
    const reports = reportsOf(file!)
    const settings = { memory: 0.1, rise: 1.25 }
    expect(heard(reports, settings).score).toEqual(scoresOf(file!, new Committee(reports.warmUp, settings)))
  })
})
