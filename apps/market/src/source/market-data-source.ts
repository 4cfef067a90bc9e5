import type { Instrument, Step as RecordedStep } from '../recording/index.ts'

/** What happened in a market since its step before: trades, and the book that they and everything else leave. */
export interface Step extends Omit<RecordedStep, 'segment'> {
  /** The recorded file that it comes from; null where it happens now. */
  readonly segment: string | null
}

/** What a source has met that a person may want to know. */
export interface SourceFaults {
  /** Messages that could not be read. */
  malformed: number
  /** Times that updates were missing: the book was built anew. */
  gaps: number
}

/** Where a market's order flow comes from: a recording, or another exchange as it happens. */
export interface MarketDataSource {
  /** For people. */
  readonly name: string
  /** Names what is played, up to 64 characters; null where it happens now. */
  readonly dataSet: string | null
  /** Whether the source has this market. Rejects where the source cannot be read. */
  covers(instrument: Instrument): Promise<boolean>
  /**
   * The steps of all these markets in the order of time, from the beginning.
   * @param depth levels of each side, 1 to 100.
   * @param faults is counted up on the way.
   */
  steps(instruments: readonly Instrument[], depth: number, faults: SourceFaults): AsyncGenerator<Step>
}
