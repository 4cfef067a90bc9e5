import type { Clock, Random } from '@opsource/kernel'
import type { Logger } from 'pino'
import type { Lots, Ticks } from '../market/instruments.ts'
import type { Ack } from './acks.ts'
import type { Command, MarketStatus } from './commands.ts'
import type { EngineBatch, RecordingPass, RestingChange } from './events.ts'
import type { JournalKeep } from './journal/store.ts'
import { Standby } from './thread/standby.ts'
import { SupervisedEngine } from './thread/supervisor.ts'

export type { JournalKeep } from './journal/store.ts'

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

/** Where an engine has its journal, and how it keeps it. */
export interface JournalOptions {
  /** The domain's own role and schema. */
  readonly databaseUrl: string
  /** `ALL`: the journal is the whole truth, for rebuilds and replays. `SNAPSHOTS`: what a restart needs, so that the disk is bounded. */
  readonly keep: JournalKeep
  readonly clock: Clock
  /** Names this process's submissions in the journal. */
  readonly random: Random
  readonly log: Logger
}

export interface EngineOptions extends JournalOptions {
  /** The last sequence that every projection contains: all later batches are handed out again while the engine starts. */
  readonly projectedThrough: number
  /** Gets every batch, those of the start included, before its commands are answered. */
  readonly onBatch: (batch: EngineBatch) => void
  /** Another engine has taken over: this one never answers again, and its process had better end. */
  readonly onFenced?: (reason: string) => void
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

/** An engine that is as far as the leader, and waits for its place. */
export interface StandbyEngine {
  /** Resolves once it has replayed what there is. Rejects where that fails. */
  warm(): Promise<void>
  /** Resolves once the leader's lock was free and is ours: from then on nobody else commits. Rejects when it is closed. */
  leads(): Promise<void>
  /** Takes commands from here on; `leads` has resolved. */
  start(options: EngineOptions): Promise<EngineClient>
  close(): Promise<void>
}

export function followEngine(options: JournalOptions): StandbyEngine {
  return new Standby(options)
}
