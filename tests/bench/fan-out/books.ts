export interface Level {
  readonly price: string
  readonly quantity: string
}

export interface Book {
  readonly market: { readonly symbol: string }
  readonly sequence: number
  readonly previousSequence: number | null
  /** When it was made: milliseconds since the Unix epoch, with fractions. */
  readonly sentAt: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  readonly note: string | null
}

const DEPTH = 20

/** Of 20 levels a side: some 1.5 kB as JSON. */
export function bookOf(sequence: number, noteLength: number): Book {
  const levels = (direction: number): Level[] =>
    Array.from({ length: DEPTH }, (_, rung) => ({
      price: (430 + (direction * (rung + 1)) / 2).toFixed(2),
      quantity: `${1 + ((rung * 13 + sequence) % 7)}.00`,
    }))
  return {
    market: { symbol: 'BTC-USDT' },
    sequence,
    previousSequence: sequence - 1,
    sentAt: now(),
    bids: levels(-1),
    asks: levels(1),
    note: noteLength > 0 ? 'x'.repeat(noteLength) : null,
  }
}

/** Milliseconds since the Unix epoch, with fractions: comparable between the processes of one machine. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

export const PLAIN =
  'subscription { book(symbol: "BTC-USDT") { sequence sentAt bids { price quantity } asks { price quantity } } }'
export const JOINED =
  'subscription { book(symbol: "BTC-USDT") { sequence sentAt bids { price quantity } asks { price quantity } market { symbol forecast confidence headline mood } } }'
export const NOTED = 'subscription { book(symbol: "BTC-USDT", depth: 1) { sequence note } }'
