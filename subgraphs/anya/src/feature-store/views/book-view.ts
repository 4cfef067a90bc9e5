import { FEATURE_HASH, FEATURES, FeatureEngine, type MarketBook, type MarketUpdate } from '../../features/index.ts'
import { type Computation, defineView, type FeatureRow, type FeatureView } from './view.ts'

/** What happens to a market's book, in order. */
export type BookEvent =
  | { readonly kind: 'BOOK'; readonly book: MarketBook }
  | { readonly kind: 'UPDATE'; readonly update: MarketUpdate }

const STEP_MS = 1_000
/** A market that says nothing for so long has no features, until it is heard of again. */
export const SILENCE_MS = 10_000
/** From the exchange's engine over the market data to here. */
const AVAILABILITY_DELAY_MS = 100
const DAY_MS = 86_400_000

/** The window in a feature's name, as in `return_5s_bps`; what has none looks at the book as it stands. */
const windowMs = (name: string) => Number(/_(\d+)s(?:_|$)/.exec(name)?.[1] ?? 0) * 1_000

/** Features of a market's order book and flow: a row at every full second, of what came before it. */
export const bookView: FeatureView<BookEvent> = defineView({
  name: 'book_1s',
  about: 'Order book, order flow and returns of seconds, at every full second while the market is heard of.',
  entity: 'MARKET',
  features: FEATURES.map(({ name }) => ({
    name,
    window: windowMs(name),
    windowUnit: 'MILLISECONDS',
    lag: 0,
    type: 'FLOAT32',
  })),
  stepMs: STEP_MS,
  availabilityDelayMs: AVAILABILITY_DELAY_MS,
  maxAgeMs: SILENCE_MS,
  partition: 'DAY',
  retentionMs: 7 * DAY_MS,
  engineHash: FEATURE_HASH,
  compute: () => new BookComputation(),
})

/** The feature engine, sampled at every full second before what happens after it is applied. */
export class SteppedBook extends FeatureEngine {
  readonly #onRow: (row: FeatureRow) => void

  constructor(onRow: (row: FeatureRow) => void) {
    super()
    this.#onRow = onRow
  }

  override update(update: MarketUpdate): void {
    this.#sampleUntil(update.time)
    super.update(update)
  }

  override replaceBook(book: MarketBook): void {
    this.#sampleUntil(book.time)
    super.replaceBook(book)
  }

  #sampleUntil(time: number): void {
    const last = this.lastTime
    if (!Number.isFinite(last)) return
    const end = Math.min(time, last + SILENCE_MS)
    for (let step = Math.ceil(last / STEP_MS) * STEP_MS; step < end; step += STEP_MS) {
      const values = this.sample(step)
      if (values)
        this.#onRow({ eventTime: step, values: values.map((value) => (Number.isFinite(value) ? value : NaN)) })
    }
  }
}

class BookComputation implements Computation<BookEvent> {
  readonly #rows: FeatureRow[] = []
  readonly #book = new SteppedBook((row) => this.#rows.push(row))
  #refused = 0

  get refused(): number {
    return this.#refused
  }

  push(event: BookEvent): FeatureRow[] {
    if (!isSound(event)) {
      this.#refused++
      return []
    }
    if (event.kind === 'BOOK') this.#book.replaceBook(event.book)
    else this.#book.update(event.update)
    return this.#rows.splice(0)
  }
}

/** One quantity that is no number would stay in every fading sum for good. Live messages are held to more before they come here. */
function isSound(event: BookEvent): boolean {
  const { time, bids, asks } = event.kind === 'BOOK' ? event.book : event.update
  const trades = event.kind === 'BOOK' ? [] : event.update.trades
  const isQuantity = (quantity: number) => Number.isFinite(quantity) && quantity >= 0
  return (
    Number.isFinite(time) &&
    [...bids, ...asks].every(([price, quantity]) => Number.isFinite(price) && price > 0 && isQuantity(quantity)) &&
    trades.every(({ quantity }) => isQuantity(quantity))
  )
}
