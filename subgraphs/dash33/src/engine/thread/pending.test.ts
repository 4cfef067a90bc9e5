import { beforeEach, describe, expect, it } from 'vitest'
import { nthOrder } from '../../../../../tests/support/engine.ts'
import type { Ack } from '../acks.ts'
import type { SetMarketStatus } from '../commands.ts'
import { decodeSegment, type Segment } from '../journal/batch-format.ts'
import { Pending } from './pending.ts'

const ORIGIN = 77
const DONE: Ack = { kind: 'TICKED', engineSequence: 1 }
const UNAVAILABLE: Ack = { kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' }
const UNKNOWN: Ack = { kind: 'REFUSED', code: 'OUTCOME_UNKNOWN' }

let pending: Pending
let sent: Segment[]
beforeEach(() => {
  pending = new Pending(ORIGIN)
  sent = []
})

const send = (segments: readonly Uint8Array[]) => void sent.push(...segments.map(decodeSegment))
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('what is submitted in one turn', () => {
  it('goes as one segment, and each submission gets its own answer', async () => {
    const answers = [1, 2, 3].map((n) => pending.submit([nthOrder(n)], send))
    await turn()
    expect(sent).toEqual([
      { origin: ORIGIN, firstId: 1, sizes: [1, 1, 1], commands: [nthOrder(1), nthOrder(2), nthOrder(3)] },
    ])
    expect(pending.commands).toBe(3)
    for (const id of [3, 1, 2]) pending.answer(id, [{ ...DONE, engineSequence: id }])
    expect((await Promise.all(answers)).flat()).toEqual([1, 2, 3].map((id) => ({ ...DONE, engineSequence: id })))
    expect(pending.commands).toBe(0)
  })

  it('becomes several segments where it is long', async () => {
    for (let n = 0; n < 2_500; n++) void pending.submit([nthOrder(n)], send)
    await turn()
    expect(sent.map(({ firstId, commands }) => [firstId, commands.length])).toEqual([
      [1, 1_000],
      [1_001, 1_000],
      [2_001, 500],
    ])
  })

  it('that cannot be journaled is not taken, and leaves the others alone', async () => {
    const good = pending.submit([nthOrder(1)], send)
    await expect(pending.submit([{ ...nthOrder(2), quantity: 0.5 }], send)).rejects.toThrow('cannot be journaled')
    await turn()
    pending.answer(1, [DONE])
    expect(await good).toEqual([DONE])
    expect(pending.commands).toBe(0)
  })
})

describe('when the thread is gone', () => {
  it('what may be in the journal waits for it to be read, and everything else did not happen', async () => {
    const [first, second] = [pending.submit([nthOrder(1)], send), pending.submit([nthOrder(2)], send)]
    await turn()
    const unsent = pending.submit([nthOrder(3)], send)
    pending.lose([1], 'gone')
    expect(await Promise.all([second, unsent])).toEqual([[UNAVAILABLE], [UNAVAILABLE]])
    expect(pending.inDoubt).toBe(true)
    pending.answer(1, [DONE])
    expect(await first).toEqual([DONE])
    expect(pending.inDoubt).toBe(false)
    await turn()
    expect(sent).toHaveLength(1)
  })

  it('what is not found in the journal did not happen; where it cannot be read, nobody knows', async () => {
    const [first, second] = [pending.submit([nthOrder(1)], send), pending.submit([nthOrder(2)], send)]
    await turn()
    pending.lose(null, 'gone')
    pending.settle()
    expect(await Promise.all([first, second])).toEqual([[UNAVAILABLE], [UNAVAILABLE]])
    const third = pending.submit([nthOrder(3)], send)
    await turn()
    pending.lose(null, 'gone')
    pending.giveUp()
    expect(await third).toEqual([UNKNOWN])
  })

  it('a market status that turns out to be in the journal is not carried out again when it is sent again', async () => {
    const status: SetMarketStatus = {
      kind: 'SET_MARKET_STATUS',
      symbol: 'BTC-USDT',
      status: 'TRADING',
      auctionMs: null,
      recording: { dataSet: 'aug', segment: 'a', repetition: 1 },
    }
    const lose = async () => {
      const answer = pending.submit([status], send)
      await turn()
      pending.lose(null, 'gone')
      pending.giveUp()
      expect(await answer).toEqual([UNKNOWN])
    }
    await lose()
    pending.answer(1, [DONE])
    pending.settle()
    expect(await pending.submit([status], send)).toEqual([DONE])
    await turn()
    expect(sent).toHaveLength(1)
    // Once only; and where another status came between, or it is not in the journal, it is a new one.
    await lose()
    pending.settle()
    void pending.submit([status], send)
    await turn()
    expect(sent).toHaveLength(3)
  })

  it('a market status without a recording is carried out each time it is sent: an auction may have begun since', async () => {
    const status: SetMarketStatus = {
      kind: 'SET_MARKET_STATUS',
      symbol: 'BTC-USDT',
      status: 'TRADING',
      auctionMs: null,
      recording: null,
    }
    const answer = pending.submit([status], send)
    await turn()
    pending.lose(null, 'gone')
    pending.giveUp()
    expect(await answer).toEqual([UNKNOWN])
    pending.answer(1, [DONE])
    pending.settle()
    void pending.submit([status], send)
    await turn()
    expect(sent).toHaveLength(2)
  })
})
