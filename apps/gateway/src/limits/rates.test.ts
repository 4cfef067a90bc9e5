import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { Rates } from './rates.ts'

const log = pino({ level: 'silent' })
const rule = { name: 'rule', most: 100, windowMs: 1_000 }
const START = 1_700_000_000_000

describe('a rate', () => {
  let clock: ManualClock
  let cache: MemoryCache
  let rates: Rates
  const open = () => new Rates({ cache, clock, log })
  beforeEach(() => {
    clock = new ManualClock(START)
    cache = new MemoryCache({ clock, log })
    rates = open()
    return () => rates.close()
  })
  const takeAll = (of = rates, id = 'a') => {
    let taken = 0
    while (taken < 1_000 && of.take(rule, id) === 0) taken++
    return taken
  }

  it('lets so much through and no more, for each by themselves', () => {
    expect(takeAll()).toBe(100)
    expect(takeAll(rates, 'b')).toBe(100)
    expect(rates.take({ ...rule, name: 'other' }, 'a')).toBe(0)
  })

  it('says when to come again, and then there is room', () => {
    takeAll()
    const wait = rates.take(rule, 'a')
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(1_000)
    clock.advance(wait + 1_000)
    expect(rates.take(rule, 'a')).toBe(0)
  })

  it('slides: never more than the limit falls into any window by much, whatever the beat', () => {
    const taken: number[] = []
    for (let at = 0; at < 5_000; at += 10) {
      if (rates.take(rule, 'a', 3) === 0) taken.push(at)
      clock.advance(10)
    }
    for (let from = 0; from <= 4_000; from += 50) {
      const within = taken.filter((at) => at >= from && at < from + 1_000).length * 3
      // Two fixed windows stand in for the sliding one, and so may let through a share of one more.
      expect(within).toBeLessThanOrEqual(200)
    }
    const whole = taken.filter((at) => at >= 1_000).length * 3
    expect(whole).toBeGreaterThan(300)
    expect(whole).toBeLessThanOrEqual(440)
  })

  it('counts what something costs, and lets alone through what costs more than all', () => {
    expect(rates.take(rule, 'a', 60)).toBe(0)
    expect(rates.take(rule, 'a', 60)).toBeGreaterThan(0)
    expect(rates.take(rule, 'a', 40)).toBe(0)
    expect(rates.take(rule, 'b', 5_000)).toBe(0)
    expect(rates.take(rule, 'b', 1)).toBeGreaterThan(0)
  })

  it('does not count what it refuses: whoever waits gets through', () => {
    takeAll()
    for (let i = 0; i < 100; i++) expect(rates.take(rule, 'a')).toBeGreaterThan(0)
    clock.advance(2_000)
    expect(takeAll()).toBe(100)
  })

  it('is shared by gateways within moments', async () => {
    const other = open()
    for (let i = 0; i < 80; i++) rates.take(rule, 'a')
    await rates.sync()
    expect(other.take(rule, 'a')).toBe(0)
    await other.sync()
    expect(takeAll(other)).toBe(19)
    await other.sync()
    rates.count(rule, 'a', 0)
    await rates.sync()
    expect(takeAll()).toBe(0)
    clock.advance(2_000)
    expect(takeAll()).toBe(100)
    other.close()
  })

  it('takes back what turned out not to count, at other gateways too', async () => {
    const other = open()
    for (let i = 0; i < 100; i++) rates.take(rule, 'a')
    await rates.sync()
    rates.count(rule, 'a', -60)
    await rates.sync()
    expect(takeAll()).toBe(60)
    await rates.sync()
    rates.count(rule, 'a', -10)
    await rates.sync()
    other.count(rule, 'a', 0)
    await other.sync()
    expect(takeAll(other)).toBe(10)
    other.close()
  })

  it('is held by each gateway alone while the cache is away, without an error', async () => {
    await cache.close()
    expect(takeAll()).toBe(100)
    await rates.sync()
    expect(takeAll()).toBe(0)
    clock.advance(2_000)
    expect(takeAll()).toBe(100)
    cache = new MemoryCache({ clock, log })
  })

  it('keeps a bounded number of callers', () => {
    rates.count(rule, 'first', 100)
    for (let i = 0; i < 60_000; i++) rates.count(rule, `${i}`)
    expect(rates.wait(rule, 'first')).toBe(0)
  })

  it('can be scaled as a whole', () => {
    const wide = new Rates({ cache, clock, log, scale: 3 })
    expect(takeAll(wide)).toBe(300)
    wide.close()
  })
})
