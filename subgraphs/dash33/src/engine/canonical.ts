import { createHash } from 'node:crypto'
import type { RiskLimits } from '../risk/limits.ts'
import { readOrders, writeClosedOrder, writeOpenOrders } from './canonical-orders.ts'
import { sumUp } from './core/sums.ts'
import { dayOf } from './core/volume-window.ts'
import { Digest } from './digest.ts'
import type { Engine } from './engine.ts'
import { isFirstState, readFirstState } from './first-state.ts'
import type { EngineState } from './state.ts'
import { StateReader, StateWriter } from './state-stream.ts'

/** Rises with every change of the state's form: an engine refuses a snapshot that it cannot read. */
export const STATE_VERSION = 2

/** Writes the state so that equal states give equal bytes: orders oldest first, everything else in the order in which it came to be. */
export function writeState(state: EngineState): Uint8Array {
  const copy = new StateCopy(state)
  copy.write(Number.POSITIVE_INFINITY)
  copy.close()
  return copy.written
}

/**
 * The state as of one sequence, written little by little while the engine goes on: at once whatever may still change, and then the closed
 * orders, by far the most, which never do.
 */
export class StateCopy {
  private readonly state: EngineState
  private readonly out: StateWriter
  private readonly closed: readonly number[]
  private next = 0

  /** @param bytes about so long */
  constructor(state: EngineState, bytes?: number) {
    this.state = state
    this.out = new StateWriter(bytes)
    this.closed = state.closedOrders.inOrder()
    const { out } = this
    out.number(STATE_VERSION)
    out.number(state.sequence)
    out.number(state.time)
    out.text(state.digest.hex())
    writeVenue(state, out)
    writeAccounts(state, out)
    writeMarkets(state, out)
    writeOpenOrders(state, out)
    out.number(this.closed.length)
    // What is forgotten meanwhile stays readable.
    state.records.hold()
  }

  /** Writes so many more orders. @returns whether all are written */
  write(orders: number): boolean {
    const { state, out, closed } = this
    const end = Math.min(closed.length, this.next + orders)
    while (this.next < end) writeClosedOrder(state, closed[this.next++]!, out)
    return end === closed.length
  }

  /** All of it, once all orders are written. */
  get written(): Uint8Array {
    return this.out.finish()
  }

  /** Once, at the end, however it ends. */
  close(): void {
    this.state.records.release()
  }
}

export const hashState = (written: Uint8Array): string => createHash('sha256').update(written).digest('hex')

/** Whether `writeState` of what was read gives the same bytes again. */
export const isCurrentState = (written: Uint8Array): boolean => !isFirstState(written)

/** Fills a fresh engine. @throws where the bytes are not a state of this version or the one before, or of other markets. */
export function readState(written: Uint8Array, engine: Engine): void {
  const { state } = engine
  if (isFirstState(written)) {
    readFirstState(written, state)
    return
  }
  const input = new StateReader(written)
  const version = input.number()
  if (version !== STATE_VERSION) throw new Error(`state version ${version} is not known to this engine`)
  const { exchange } = state
  state.sequence = exchange.sequence = input.number()
  state.time = exchange.time = input.number()
  exchange.day = dayOf(state.time)
  exchange.digest = Digest.parse(input.text())
  readVenue(state, input)
  readAccounts(state, input)
  readMarkets(state, input)
  readOrders(state, input)
  if (!input.done) throw new Error('the state is longer than it should be')
}

function writeVenue(state: EngineState, out: StateWriter): void {
  const { exchange, profiles } = state
  out.number(exchange.killed ? 1 : 0)
  out.number(state.assets.length)
  for (const [index, asset] of state.assets.entries()) {
    out.text(asset)
    out.number(exchange.balances.supply[index]!)
    out.number(exchange.balances.fees[index]!)
  }
  out.number(exchange.feeTiers.length)
  for (const tier of exchange.feeTiers)
    for (const value of [tier.minVolume, tier.makerBps, tier.takerBps]) out.number(value)
  out.number(profiles.names.length)
  for (const name of profiles.names) {
    out.text(name)
    for (let market = -1; market < state.marketsByIndex.length; market++) writeLimits(profiles.get(name, market), out)
  }
}

function readVenue(state: EngineState, input: StateReader): void {
  const { exchange, profiles } = state
  exchange.killed = input.number() === 1
  const assets = Array.from({ length: input.number() }, (_, index) => {
    const asset = input.text()
    exchange.balances.supply[index] = input.number()
    exchange.balances.fees[index] = input.number()
    return asset
  })
  if (assets.join() !== state.assets.join()) throw new Error('the snapshot is of other assets')
  exchange.feeTiers = Array.from({ length: input.number() }, () => ({
    minVolume: input.number(),
    makerBps: input.number(),
    takerBps: input.number(),
  }))
  for (let rest = input.number(); rest > 0; rest--) {
    const name = input.text()
    for (let market = -1; market < state.marketsByIndex.length; market++) {
      const limits = readLimits(input)
      if (limits) profiles.set(name, market, limits)
    }
  }
}

function writeLimits(limits: RiskLimits | null, out: StateWriter): void {
  out.number(limits === null ? 0 : 1)
  if (limits === null) return
  out.optional(limits.maxOrderQuantity)
  out.optional(limits.maxOrderNotional)
  out.optional(limits.maxOpenOrders)
  out.optional(limits.maxPosition)
  out.optional(limits.maxExposure)
  out.optional(limits.maxMessagesPerSecond)
}

function readLimits(input: StateReader): RiskLimits | null {
  if (input.number() === 0) return null
  return {
    maxOrderQuantity: input.optional(),
    maxOrderNotional: input.optional(),
    maxOpenOrders: input.optional(),
    maxPosition: input.optional(),
    maxExposure: input.optional(),
    maxMessagesPerSecond: input.optional(),
  }
}

function writeAccounts(state: EngineState, out: StateWriter): void {
  const { accounts, balances, deadMen, volumes, day } = state.exchange
  out.number(state.accountsByIndex.length)
  for (const { index, id, userId } of state.accountsByIndex) {
    out.text(id)
    out.text(userId)
    out.number(accounts.profile(index))
    out.number(accounts.isKilled(index) ? 1 : 0)
    out.number(accounts.messageSecond(index))
    out.number(accounts.messages(index))
    out.optional(deadMen.timeOf(index))
    for (let cell = balances.cell(index, 0); cell < balances.cell(index, balances.assets); cell++)
      out.number(balances.values[cell]!)
    const days = volumes.days(index, day)
    out.number(days.length)
    for (const [each, amount] of days) {
      out.number(each)
      out.number(amount)
    }
  }
  out.number(state.credits.size)
  for (const [reference, { account, asset, amount }] of state.credits) {
    out.text(reference)
    out.number(account.index)
    out.number(state.assets.indexOf(asset))
    out.number(amount)
  }
}

function readAccounts(state: EngineState, input: StateReader): void {
  const { accounts, balances, deadMen, volumes } = state.exchange
  for (let rest = input.number(); rest > 0; rest--) {
    const id = input.text()
    const { index } = state.openAccount(id, input.text())
    accounts.setProfile(index, input.number())
    sumUp(state.exchange, index)
    accounts.setKilled(index, input.number() === 1)
    accounts.setMessages(index, input.number(), input.number())
    const deadMan = input.optional()
    if (deadMan !== null) deadMen.set(index, deadMan, index)
    for (let cell = balances.cell(index, 0); cell < balances.cell(index, balances.assets); cell++)
      balances.values[cell] = input.number()
    for (let days = input.number(); days > 0; days--) volumes.add(index, input.number(), input.number())
  }
  for (let rest = input.number(); rest > 0; rest--) {
    const reference = input.text()
    const account = state.accountsByIndex[input.number()]!
    const asset = state.assets[input.number()]!
    state.credits.set(reference, { account, asset, amount: input.number() })
  }
}

function writeMarkets(state: EngineState, out: StateWriter): void {
  out.number(state.marketsByIndex.length)
  for (const { symbol, core, recording, played } of state.marketsByIndex) {
    const { rules } = core
    out.text(symbol)
    out.number(core.status)
    out.number(core.killed ? 1 : 0)
    for (const value of [core.auctionEndsAt, core.lastPrice, core.reference, core.window + 1]) out.number(value)
    out.number(core.book.nextPriority)
    for (const value of [rules.maxQuantity, rules.minNotional, rules.collarBps, rules.protectionBps]) out.number(value)
    for (const value of [rules.priceBandBps, rules.bandWindowMs, rules.haltAuctionMs]) out.number(value)
    out.number(recording === null ? 0 : recording.pass)
    if (recording) for (const text of [recording.dataSet, recording.segment]) out.text(text)
    out.number(played.size)
    for (const [dataSet, { pass, repetition, segments }] of played) {
      out.text(dataSet)
      out.number(pass)
      out.number(repetition)
      out.number(segments.length)
      for (const segment of segments) out.text(segment)
    }
  }
}

function readMarkets(state: EngineState, input: StateReader): void {
  if (input.number() !== state.marketsByIndex.length) throw new Error('the snapshot is of other markets')
  for (const entry of state.marketsByIndex) {
    const { core } = entry
    if (input.text() !== entry.symbol) throw new Error('the snapshot is of other markets')
    core.status = input.number()
    core.killed = input.number() === 1
    core.auctionEndsAt = input.number()
    if (core.auctionEndsAt !== 0) state.exchange.auctionEnds.set(core.index, core.auctionEndsAt, core.index)
    core.lastPrice = input.number()
    core.reference = input.number()
    core.window = input.number() - 1
    core.book.nextPriority = input.number()
    core.rules = {
      maxQuantity: input.number(),
      minNotional: input.number(),
      collarBps: input.number(),
      protectionBps: input.number(),
      priceBandBps: input.number(),
      bandWindowMs: input.number(),
      haltAuctionMs: input.number(),
    }
    const pass = input.number()
    entry.recording = pass === 0 ? null : { dataSet: input.text(), segment: input.text(), pass }
    for (let rest = input.number(); rest > 0; rest--) {
      const dataSet = input.text()
      const played = { pass: input.number(), repetition: input.number() }
      entry.played.set(dataSet, { ...played, segments: Array.from({ length: input.number() }, () => input.text()) })
    }
  }
}
