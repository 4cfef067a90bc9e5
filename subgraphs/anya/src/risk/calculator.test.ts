import { seededRandom } from '@opsource/kernel'
import { describe, expect, it } from 'vitest'
import { RiskCalculator } from './calculator.ts'
import type { RiskQuestion } from './protocol.ts'

const question = (value: number, proxies: [string, string][] = [['BTC-USDT', 'BTC-USD']]): RiskQuestion => ({
  portfolios: [[{ market: 'BTC-USDT', value }]],
  histories: new Map(),
  proxies: new Map(proxies),
  horizonDays: 2,
})

/** 400 days of a market's own past from the given one on. */
function past(firstDay: number) {
  const random = seededRandom(firstDay)
  const close = Float64Array.from({ length: 400 }, () => 100 + random.next())
  const time = Float64Array.from(close, (_, i) => (firstDay + i) * 86_400_000)
  return { time, open: close, close }
}

function calculator() {
  const seen: string[] = []
  const observer = {
    assessed: () => void seen.push('assessed'),
    turnedAway: (reason: string) => void seen.push(reason),
    calculatorEnded: () => void seen.push('ended'),
  }
  return { seen, calculator: new RiskCalculator(observer) }
}

describe('the risk thread', () => {
  it('lets nobody fill its queue alone', async () => {
    const { calculator: thread } = calculator()
    const asked = Array.from({ length: 6 }, () => thread.ask('usr_a', question(1, []), 120_000))
    const other = thread.ask('usr_b', question(1, []), 120_000)
    const reasons = (await Promise.all([...asked, other])).map((answer) => (answer.ok ? '' : answer.error.kind))
    // One is in hand and four wait.
    expect(reasons).toEqual([...Array(5).fill('NO_HISTORY'), 'BUSY', 'NO_HISTORY'])
    await thread.close()
  })

  it('answers in order, refuses what is one too many, and leaves out what nobody waits for', async () => {
    const { calculator: thread, seen } = calculator()
    const refused = thread.ask('usr_a', question(1, []))
    const impatient = thread.ask('usr_a', question(1), 0)
    const rest = Array.from({ length: 15 }, (_, i) => thread.ask(`usr_${i % 5}`, question(1, []), 120_000))
    const tooMany = await thread.ask('usr_z', question(1))
    expect(tooMany).toEqual({ ok: false, error: { kind: 'BUSY' } })
    expect(await impatient).toEqual({ ok: false, error: { kind: 'TIMED_OUT' } })
    expect(await refused).toEqual({ ok: false, error: { kind: 'NO_HISTORY', market: 'BTC-USDT' } })
    expect((await Promise.all(rest)).every(({ ok }) => !ok)).toBe(true)
    const answered = await thread.ask('usr_a', question(1_000), 120_000)
    const level = answered.ok ? answered.value[0]?.levels[0] : undefined
    expect(level?.nextDay.valueAtRisk).toBeLessThan(-50)
    expect(level?.backtest?.adaptive.days).toBeGreaterThan(250)
    expect(seen).toEqual(['BUSY', 'TIMED_OUT', 'assessed'])
    await thread.close()
    expect(await thread.ask('usr_z', question(1))).toEqual({ ok: false, error: { kind: 'BUSY' } })
  })

  it('forgets what it prepared when a new day has taken the place of the oldest', async () => {
    const { calculator: thread } = calculator()
    const lastDay = async (firstDay: number) => {
      const answer = await thread.ask(
        'usr_a',
        { ...question(1, []), histories: new Map([['BTC-USDT', past(firstDay)]]) },
        120_000,
      )
      return answer.ok ? (answer.value[0]?.asOf ?? 0) / 86_400_000 : answer.error.kind
    }
    expect([await lastDay(10_000), await lastDay(10_001), await lastDay(10_000)]).toEqual([10_399, 10_400, 10_399])
    await thread.close()
  })

  it('refuses what it has in hand when it closes before its thread has started', async () => {
    const { calculator: thread } = calculator()
    const asked = ['usr_a', 'usr_b'].map((caller) => thread.ask(caller, question(1), 120_000))
    await thread.close()
    expect(await Promise.all(asked)).toEqual([1, 2].map(() => ({ ok: false, error: { kind: 'BUSY' } })))
  })
})
