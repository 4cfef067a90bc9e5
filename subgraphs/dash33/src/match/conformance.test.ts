import { describe, expect, it } from 'vitest'
import { BareBook, BUY, type Reports, SELL } from '../book/index.ts'
import { play } from './play.ts'
import { CANCEL, type Message, MODIFY, NEW, Workload } from './workload.ts'

/**
 * `B1 10@100`: order 1 buys 10 at 100; `S…!`: immediate or cancel; `x1`: cancel; `m1 B 10@100`: modify.
 * The sequences are those of the public benchmark's conformance gate (scripts/conformance_check.py, MIT), mined from bugs of real engines.
 */
function messageOf(text: string): Message {
  const [, verb, id, side = 'B', quantity = 0, price = 0, immediate] =
    /^([BSxm])(\d+)(?: ([BS]))?(?: (\d+)@(\d+)(!)?)?$/.exec(text)!
  const type = verb === 'x' ? CANCEL : verb === 'm' ? MODIFY : NEW
  const sells = type === NEW ? verb === 'S' : side === 'S'
  return {
    ...{ type, id: Number(id), side: sells ? SELL : BUY },
    ...{ price: Number(price), quantity: Number(quantity), immediate: immediate === '!' },
  }
}

/** Everything but the acknowledgements, in short: `1+4 10@100` is a trade of maker 1 and taker 4, `?1` a rejection, `-4` a cancel. */
class Shorthand implements Reports {
  readonly lines: string[] = []
  accepted(): void {}
  modified(): void {}
  traded(_sequence: number, price: number, quantity: number, maker: number, taker: number): void {
    this.lines.push(`${maker}+${taker} ${quantity}@${price}`)
  }
  cancelled(_sequence: number, _side: number, id: number): void {
    this.lines.push(`-${id}`)
  }
  cancelRejected(_sequence: number, id: number): void {
    this.lines.push(`?${id}`)
  }
  modifyRejected(_sequence: number, id: number): void {
    this.lines.push(`?${id}`)
  }
}

const side = (levels: [price: number, volume: number][]) => levels.map(([price, volume]) => `${volume}@${price}`).join()

function outcome(messages: string): string {
  const reports = new Shorthand()
  const bare = new BareBook(reports)
  play(bare, Workload.of(messages.split(', ').map(messageOf)))
  return `${reports.lines.join(', ')} | ${side(bare.book.levels(BUY))} | ${side(bare.book.levels(SELL))}`
}

const count = 5_000
const ids = Array.from({ length: count }, (_, i) => i + 1)

/** Case, messages, and: what was reported | bids | asks. */
const cases = [
  ['cancel_middle_then_sweep', 'B1 10@100, B2 10@100, B3 10@100, x2, S4 20@100!', '-2, 1+4 10@100, 3+4 10@100 |  | '],
  ['cancel_head_then_sweep', 'B1 10@100, B2 10@100, B3 10@100, x1, S4 20@100!', '-1, 2+4 10@100, 3+4 10@100 |  | '],
  ['multi_level_ioc_sweep', 'S1 10@102, S2 10@101, S3 10@100, B4 30@102!', '3+4 10@100, 2+4 10@101, 1+4 10@102 |  | '],
  ['modify_into_cross', 'S1 10@100, B2 10@99, m2 B 10@100', '1+2 10@100 |  | '],
  ['partial_fill_then_cancel', 'S1 10@100, B2 6@100, x1', '1+2 6@100, -1 |  | '],
  ['full_fill_then_stale_cancel', 'S1 10@100, B2 10@100, x1', '1+2 10@100, ?1 |  | '],
  ['fifo_priority', 'B1 10@100, B2 10@100, S3 10@100', '1+3 10@100 | 10@100 | '],
  [
    'deep_fifo_scattered_cancel',
    'B1 10@100, B2 10@100, B3 10@100, B4 10@100, B5 10@100, B6 10@100, B7 10@100, B8 10@100, x2, x5, x7, S9 50@100!',
    '-2, -5, -7, 1+9 10@100, 3+9 10@100, 4+9 10@100, 6+9 10@100, 8+9 10@100 |  | ',
  ],
  [
    'sweep_residual_becomes_bbo',
    'S1 10@100, S2 10@101, S3 10@102, B4 35@102, S5 5@102!',
    '1+4 10@100, 2+4 10@101, 3+4 10@102, 4+5 5@102 |  | ',
  ],
  ['modify_partially_filled_residual', 'S1 10@100, B2 4@100, m1 S 6@101, B3 6@101!', '1+2 4@100, 1+3 6@101 |  | '],
  ['stale_modify_after_full_fill', 'S1 10@100, B2 10@100, m1 S 5@101', '1+2 10@100, ?1 |  | '],
  ['reuse_id_after_cancel', 'B1 10@100, x1, S1 10@200, B2 10@200!', '-1, 1+2 10@200 |  | '],
  [
    'two_level_cancel_sell_priority',
    'B1 10@100, B2 10@100, B3 10@101, B4 10@101, x1, x4, S5 20@100!',
    '-1, -4, 3+5 10@101, 2+5 10@100 |  | ',
  ],
  [
    'exact_multilevel_boundary',
    'S1 10@100, S2 20@101, S3 30@102, B4 60@102!',
    '1+4 10@100, 2+4 20@101, 3+4 30@102 |  | ',
  ],
  ['taker_price_both_directions', 'S1 10@100, B2 10@105!, B3 10@200, S4 10@195!', '1+2 10@100, 3+4 10@200 |  | '],
  ['same_level_full_double_consume', 'S1 30@9, S2 40@9, B3 100@9, S4 30@9!', '1+3 30@9, 2+3 40@9, 3+4 30@9 |  | '],
  [
    'post_sweep_book_health',
    'S1 10@100, S2 10@101, S3 10@102, B4 30@102!, S5 8@101, B6 8@101!, S7 8@103, B8 8@103!',
    '1+4 10@100, 2+4 10@101, 3+4 10@102, 5+6 8@101, 7+8 8@103 |  | ',
  ],
  [
    'price_priority_both_sides_reverse_arrival',
    'S1 10@105, S2 10@100, B3 10@105!, B4 10@90, B5 10@95, B6 10@92, S7 30@90!',
    '2+3 10@100, 5+7 10@95, 6+7 10@92, 4+7 10@90 |  | 10@105',
  ],
  ['cancel_best_level_minimal_reprobe', 'B1 10@100, B2 7@99, x1, S3 7@99!', '-1, 2+3 7@99 |  | '],
  ['ioc_partial_fill_must_not_rest', 'S1 10@100, B2 15@100!, S3 5@100!', '1+2 10@100, -2, -3 |  | '],
  ['limit_order_stops_at_own_price', 'S1 5@100, S2 10@105, B3 12@102, S4 7@102!', '1+3 5@100, 3+4 7@102 |  | 10@105'],
  [
    'partial_fill_exact_residual_drain',
    'S1 20@100, B2 8@100!, B3 12@100!, B4 5@100!',
    '1+2 8@100, 1+3 12@100, -4 |  | ',
  ],
  [
    'fifo_same_price_multi_aggressor',
    'B1 10@100, B2 10@100, B3 10@100, B4 10@100, S5 15@100!, S6 15@100!',
    '1+5 10@100, 2+5 5@100, 2+6 5@100, 3+6 10@100 | 10@100 | ',
  ],
  ['reuse_id_after_full_fill', 'B1 10@100, S2 10@100, S1 10@200, B3 10@200!', '1+2 10@100, 1+3 10@200 |  | '],
  ['cancel_never_issued_id', 'x999, m999 B 5@100', '?999, ?999 |  | '],
  ['stale_ops_after_cancel', 'B1 10@100, x1, x1, m1 B 5@101', '-1, ?1, ?1 |  | '],
  ['wide_in_domain_price_ceiling', 'S1 10@200000, B2 10@200000!', '1+2 10@200000 |  | '],
  ['large_order_id_ceiling', 'x2000000', '?2000000 |  | '],
  [
    'deep_recursive_sweep_5000',
    `${ids.map((id) => `S${id} 1@100`).join(', ')}, B5001 ${count}@100!`,
    `${ids.map((id) => `${id}+5001 1@100`).join(', ')} |  | `,
  ],
  ['phantom_trade_exact_exhaust', 'S1 5@100, S2 5@100, B3 5@100!', '1+3 5@100 |  | 5@100'],
  ['cancel_best_ask_minimal_reprobe', 'S1 10@100, S2 7@101, x1, B3 7@101!', '-1, 2+3 7@101 |  | '],
  ['cancel_empties_entire_side_then_refill', 'B1 10@100, x1, B2 8@95, S3 8@95!', '-1, 2+3 8@95 |  | '],
  ['modify_shared_level_sibling_survives', 'B1 10@100, B2 10@100, m1 B 10@99, S3 10@100!', '2+3 10@100 | 10@99 | '],
  [
    'modify_into_cross_price_improvement',
    'S1 10@100, B2 10@90, m2 B 10@105, B3 10@200, S4 10@210, m4 S 10@195',
    '1+2 10@100, 3+4 10@200 |  | ',
  ],
] as const

describe('the conformance gate of the public benchmark', () => {
  it('has all of its cases here', () => {
    expect(new Set(cases.map(([name]) => name)).size).toBe(34)
  })

  it.each(cases)('%s', (_name, messages, expected) => {
    expect(outcome(messages)).toBe(expected)
  })
})
