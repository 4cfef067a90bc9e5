import { parseEvent } from '@opsource/bus'
import { expect, test } from 'vitest'
import { batch, cancelled, credited, party, trade } from '../../../../tests/support/engine-events.ts'
import type { TradeParty } from '../engine/events.ts'
import { eventsOf } from './events.ts'

const trading = (engineSequence: number, leg: number, maker?: Partial<TradeParty>) =>
  trade(party('ord_m', 1, 0, { side: 'SELL', ...maker }), party('ord_t', leg + 1, 0), {
    engineSequence,
    leg,
    tradeId: `trd_${engineSequence}${leg}`,
  })

test('each trade of a command but its last says that more follow, also where the next command trades at once', () => {
  const events = eventsOf([batch(9, [trading(9, 0), trading(9, 1), trading(9, 2), trading(10, 0)])])
  const trades = events.filter((event) => event.type === 'trade.executed')
  const data = trades.map((event) => parseEvent(event, ['trade.executed']).data)
  expect(data.map(({ engineSequence, moreFollow }) => [engineSequence, moreFollow ?? false])).toEqual([
    [9, true],
    [9, true],
    [9, false],
    [10, false],
  ])
})

test('more follow also behind what a trade sets off: the other leg that goes, the stop that is met', () => {
  const events = eventsOf([
    batch(9, [trading(9, 0), cancelled('ord_leg', { engineSequence: 9, reason: 'OTHER_LEG' }), trading(9, 1)]),
  ])
  const trades = events.filter((event) => event.type === 'trade.executed')
  expect(trades.map((event) => parseEvent(event, ['trade.executed']).data.moreFollow ?? false)).toEqual([true, false])
})

test('a batch told twice is the same events, each by its own id', () => {
  const told = batch(9, [trading(9, 0), credited('acc_1', 'BTC', 5, 10)])
  const ids = eventsOf([told]).map(({ id }) => id)
  expect(eventsOf([told]).map(({ id }) => id)).toEqual(ids)
  expect(new Set(ids).size).toBe(4)
})

test('who changes a setting is told to the others, with what was before and what is after', () => {
  const [event] = eventsOf([
    batch(7, [
      {
        type: 'KILL_SWITCH_SET',
        engineSequence: 7,
        scope: 'VENUE',
        target: '',
        engaged: true,
        changedBy: 'usr_ops',
        reason: 'a drill',
      },
    ]),
  ])
  expect(parseEvent(event!, ['venue.setting-changed'])).toMatchObject({
    id: 'set_7',
    subject: 'KILL_SWITCH',
    data: {
      engineSequence: 7,
      setting: 'KILL_SWITCH',
      target: '',
      before: '{"scope":"VENUE","engaged":false}',
      after: '{"scope":"VENUE","engaged":true}',
      changedBy: 'usr_ops',
      reason: 'a drill',
      changedAt: '1970-01-01T00:00:07.000Z',
    },
  })
})
