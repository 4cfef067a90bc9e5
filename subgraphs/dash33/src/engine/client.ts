import type { Clock } from '@opsource/kernel'
import type { Logger } from 'pino'
import type { Lots, Ticks } from '../market/instruments.ts'
import type { Ack } from './acks.ts'
import type { Command, MarketStatus } from './commands.ts'
import type { EngineBatch, RecordingPass, RestingChange } from './events.ts'
import { SupervisedEngine } from './thread/supervisor.ts'

/** An order on the book; `quantity` is what it shows. */
export type BookOrder = Pick<RestingChange, 'orderId' | 'price' | 'quantity' | 'priority'>

/** The whole book of a market, best first, as of an engine sequence. */
export interface BookSnapshot {
  readonly symbol: string
  readonly engineSequence: number
  readonly time: number
  readonly status: MarketStatus
  readonly recording: RecordingPass | null
  readonly bids: readonly (readonly [price: Ticks, quantity: Lots])[]
  readonly asks: readonly (readonly [price: Ticks, quantity: Lots])[]
  /** The same order by order, in the order in which they trade. */
  readonly bidOrders: readonly BookOrder[]
  readonly askOrders: readonly BookOrder[]
  /** When an auction ends by itself, milliseconds since the Unix epoch. */
  readonly auctionEndsAt: number | null
}

export interface EngineOptions {
  /** The domain's own role and schema. */
  readonly databaseUrl: string
  readonly clock: Clock
  readonly log: Logger
  /** The last sequence that every projection contains: all later batches are handed out again while the engine starts. */
  readonly projectedThrough: number
  /** Gets every batch, those of the start included, before its commands are answered. */
  readonly onBatch: (batch: EngineBatch) => void
}

export interface EngineClient {
  /** One answer per command, in order. Never rejects. The commands are journaled and applied as one uninterrupted run. */
  submit(commands: readonly Command[]): Promise<readonly Ack[]>
  /** Adds a listener for batches from now on. @returns its removal. */
  onBatch(listener: (batch: EngineBatch) => void): () => void
  /** Tells the engine that every projection now contains `sequence`: it prunes behind it, and refuses work when it lags too far. */
  projected(sequence: number): void
  /** Rejects while the engine is away. */
  book(symbol: string): Promise<BookSnapshot>
  /** SHA-256 of the canonical state: equal wherever the same commands were applied, however they were batched. Rejects while the engine is away. */
  stateHash(): Promise<{ readonly sequence: number; readonly hash: string }>
  /** Rejects, saying why, while commands would be refused. */
  ready(): Promise<void>
  /** Finishes what was submitted, takes a snapshot and lets go of the journal. */
  close(): Promise<void>
}

/** Resolves once the engine has replayed its journal and takes commands. Rejects, saying why, where the first start fails. */
export async function startEngine(options: EngineOptions): Promise<EngineClient> {
  const engine = new SupervisedEngine(options)
  await engine.start()
  return engine
}
