import { ManualClock } from '@opsource/kernel'
import { describe, expect, it } from 'vitest'
import { Breaker } from './breaker.ts'

describe('a breaker', () => {
  it('opens after three failures in a row, not before, and not where a success lies between', () => {
    const breaker = new Breaker(new ManualClock())
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    expect(breaker.isOpen).toBe(false)
    breaker.failed()
    expect(breaker.isOpen).toBe(true)
  })

  it('lets one probe through a second, and closes when it succeeds', () => {
    const clock = new ManualClock()
    const breaker = new Breaker(clock)
    for (let i = 0; i < 3; i++) breaker.failed()
    expect(breaker.takeProbe()).toBe(false)
    clock.advance(1_000)
    expect(breaker.takeProbe()).toBe(true)
    expect(breaker.takeProbe()).toBe(false)
    breaker.failed()
    expect(breaker.isOpen).toBe(true)
    breaker.succeeded()
    expect(breaker.isOpen).toBe(false)
    expect(breaker.takeProbe()).toBe(false)
  })
})
