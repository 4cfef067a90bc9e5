import { seededRandom } from '@opsource/kernel'
import { describe, expect, it } from 'vitest'
import { MEMBERS } from './committee.ts'
import { Member } from './member.ts'
import { NearestWindow } from './nearest-window.ts'
import { RankedWindow } from './ranked-window.ts'
import { Roughness } from './roughness.ts'
import { Tail } from './tail.ts'

const random = seededRandom(19)
const noise = (count: number) => Float64Array.from({ length: count }, () => random.next())

describe('a ranked window', () => {
  it('holds the last values in order of size', () => {
    const ranked = new RankedWindow(5)
    const values = Array.from({ length: 200 }, () => Math.floor(4 * random.next()))
    values.forEach((value, index) => {
      ranked.add(value)
      const last = values.slice(Math.max(0, index - 4), index + 1).sort()
      expect(Array.from(last, (_, rank) => ranked.at(rank))).toEqual(last)
      expect(ranked.median).toBe(last[last.length >> 1])
    })
  })
})

describe.each(['pareto', 'exponential'] as const)('the %s tail', (shape) => {
  it('finds the usual not improbable, and more improbable what lies farther out', () => {
    const taught = () => {
      const tail = new Tail(shape)
      for (let index = 0; index < 1_000; index++) tail.weigh(-Math.log(1 - (index % 500) / 500))
      return tail
    }
    expect(taught().weigh(1)).toBe(0)
    const far = [4, 6, 10].map((value) => taught().weigh(value))
    expect(far[0]).toBeGreaterThan(1)
    expect(far).toEqual(far.toSorted((left, right) => left - right))
  })

  it('says nothing of the first values, nor of what never differs', () => {
    const tail = new Tail(shape)
    expect(Array.from({ length: 20 }, (_, index) => tail.weigh(index * index))).toEqual(new Array(20).fill(0))
    const still = new Tail(shape)
    for (let index = 0; index < 100; index++) expect(still.weigh(3)).toBe(0)
    expect(still.weigh(4)).toBeGreaterThan(4)
  })

  it('tells an exponential tail its probability', () => {
    const tail = new Tail('exponential')
    for (let index = 0; index < 5_000; index++) tail.weigh(-Math.log(1 - random.next()))
    expect(tail.weigh(Math.log(10_000))).toSatisfy((evidence: number) => evidence > 3.5 && evidence < 4.5)
  })
})

describe('the nearest window', () => {
  it.each([
    [3, 1, 40, 1],
    [3, 2, 12, 2],
    [1, 1, 1_000, 2],
  ])('is as far as comparing with each says: length %i, block %i, history %i, neighbour %i', (...numbers) => {
    const [length, block, history, neighbour] = numbers
    const values = noise(300)
    const nearest = new NearestWindow({ length, block, history, neighbour })
    const told = Array.from(values, (value) => nearest.observe(value))
    const means = Array.from({ length: 300 / block }, (_, at) => {
      const own = values.subarray(at * block, (at + 1) * block)
      return own.reduce((sum, value) => sum + value, 0) / block
    })
    means.forEach((_, last) => {
      const from = last - length + 1
      const starts = Array.from({ length: Math.max(0, from) }, (_, start) => start)
      const known = starts.filter((start) => start + length <= from && start >= from - history)
      const away = (start: number) =>
        Math.hypot(...Array.from({ length }, (_, at) => means[from + at]! - means[start + at]!))
      const distances = known.map(away).sort((left, right) => left - right)
      const row = (last + 1) * block - 1
      if (known.length < 4 * neighbour) expect(told[row]).toBeUndefined()
      else expect(told[row]).toBeCloseTo(distances[neighbour - 1]!, 10)
    })
  })
})

describe('roughness', () => {
  it('is none where every window is as rough as the others, and the difference where one is not', () => {
    const roughness = new Roughness(5)
    const zigzag = Array.from({ length: 60 }, (_, row) => roughness.observe(row % 2))
    expect(zigzag.slice(0, 14).every((each) => each === undefined)).toBe(true)
    expect(zigzag.slice(14).every((each) => each === 0)).toBe(true)
    const flat = Array.from({ length: 5 }, () => roughness.observe(1))
    expect(flat.at(-1)).toBe(1)
  })
})

describe.each(MEMBERS.map((settings, index) => [index, settings] as const))('member %i', (_index, settings) => {
  it('judges by what came before and nothing else, between 0 and 1', () => {
    const [warmUp, values] = [noise(300), noise(900)]
    const score = (rows: Float64Array) => {
      const member = new Member(warmUp, settings)
      return Array.from(rows, (value) => member.score(value))
    }
    const whole = score(values)
    const other = score(values.map((value, row) => (row < 600 ? value : row * 1_000)))
    expect(other.slice(0, 600)).toEqual(whole.slice(0, 600))
    for (const each of [...whole, ...other]) expect(each).toSatisfy((own: number) => own >= 0 && own <= 1)
    expect(Math.max(...other.slice(600))).toBeGreaterThan(0)
  })

  it('has nothing to say of what never moves, and numbers for the largest values', () => {
    const still = new Member(new Float64Array(200).fill(5), settings)
    for (let row = 0; row < 500; row++) expect(still.score(5)).toBe(0)
    for (const value of [1e150, -1e150, 5e-324, 0, 1e150])
      expect(still.score(value)).toSatisfy((score: number) => score >= 0 && score <= 1)
  })
})
