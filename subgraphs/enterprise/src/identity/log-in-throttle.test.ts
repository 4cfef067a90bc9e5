import { describe, expect, it } from 'vitest'
import { afterFailedLogIn, type LogInFailures, waitBeforeLogIn } from './log-in-throttle.ts'

const fail = (times: number, state: LogInFailures | null = null, now = 0) => {
  let result = state
  for (let i = 0; i < times; i++) result = afterFailedLogIn(result, now)
  return result
}

describe('failed log-ins', () => {
  it('cost nothing four times', () => {
    expect(waitBeforeLogIn(fail(4), 0)).toBe(0)
  })

  it('cost 30 s the fifth time, and twice as much each time after', () => {
    expect([5, 6, 7].map((times) => waitBeforeLogIn(fail(times), 0))).toEqual([30_000, 60_000, 120_000])
  })

  it('never cost more than a quarter of an hour', () => {
    expect(waitBeforeLogIn(fail(50), 0)).toBe(900_000)
  })

  it('are let through again when the time is up', () => {
    expect(waitBeforeLogIn(fail(5), 29_999)).toBe(1)
    expect(waitBeforeLogIn(fail(5), 30_000)).toBe(0)
  })

  it('are forgotten a quarter of an hour after the last', () => {
    expect(afterFailedLogIn(fail(4), 900_000)).toMatchObject({ failures: 1, blockedUntil: null })
    expect(afterFailedLogIn(fail(4), 899_999)).toMatchObject({ failures: 5, blockedUntil: 929_999 })
  })
})
