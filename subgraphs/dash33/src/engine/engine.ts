import { LinkedBook } from '../book/index.ts'
import { INSTRUMENTS, type Instrument } from '../market/instruments.ts'
import type { Ack } from './acks.ts'
import type { Command, Credit, OpenAccount, SetMarketStatus } from './commands.ts'
import type { Digest } from './digest.ts'
import type { EngineBatch, EngineEvent } from './events.ts'
import { LIMITS } from './limits.ts'
import { type BookFactory, EngineState } from './state.ts'
import { cancel, type Moment, place } from './trading.ts'

/**
 * The whole exchange as a function: the same admissible commands, in the same order, with the same times, give the same answers,
 * events and state everywhere. No clock, no randomness, no floats.
 */
export class Engine {
  readonly state: EngineState

  constructor(instruments: readonly Instrument[] = INSTRUMENTS, makeBook: BookFactory = () => new LinkedBook()) {
    this.state = new EngineState(instruments, makeBook)
  }

  /** Applies a journaled batch. Sequences follow those applied before. */
  applyBatch(commands: readonly Command[], time: number): { batch: EngineBatch; acks: Ack[] } {
    const { state } = this
    const firstSequence = state.sequence + 1
    const events: EngineEvent[] = []
    const acks = commands.map((command) => this.process(command, time, events))
    const batch = {
      firstSequence,
      lastSequence: state.sequence,
      time,
      events,
      levels: state.drainLevels(),
      balances: state.drainBalances(),
    }
    return { batch, acks }
  }

  /** Applies one command, appending what happens to `out`. */
  process(command: Command, time: number, out: EngineEvent[]): Ack {
    const { state } = this
    const now = { sequence: state.sequence + 1, time }
    const before = out.length
    const ack = this.#dispatch(command, now, out)
    state.sequence = now.sequence
    state.time = time
    record(state.digest, now, ack, out, before)
    return ack
  }

  #dispatch(command: Command, now: Moment, out: EngineEvent[]): Ack {
    switch (command.kind) {
      case 'PLACE':
        return place(this.state, command, now, out)
      case 'CANCEL':
        return cancel(this.state, command, now, out)
      case 'OPEN_ACCOUNT':
        return openAccount(this.state, command, now, out)
      case 'CREDIT':
        return credit(this.state, command, now, out)
      case 'SET_MARKET_STATUS':
        return setMarketStatus(this.state, command, now, out)
    }
  }
}

function openAccount(state: EngineState, command: OpenAccount, now: Moment, out: EngineEvent[]): Ack {
  const { accountId, userId } = command
  const engineSequence = now.sequence
  const known = state.accounts.get(accountId)
  if (known && known.userId !== userId) return { kind: 'REFUSED', code: 'ACCOUNT_ID_REUSED' }
  if (known) return { kind: 'ACCOUNT_OPENED', engineSequence, accountId, replayed: true }
  if (state.accounts.size >= LIMITS.accounts) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'accounts' }
  state.openAccount(accountId, userId)
  out.push({ type: 'ACCOUNT_OPENED', engineSequence, accountId, userId })
  return { kind: 'ACCOUNT_OPENED', engineSequence, accountId, replayed: false }
}

function credit(state: EngineState, command: Credit, now: Moment, out: EngineEvent[]): Ack {
  const { accountId, asset, amount, reference } = command
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const supply = state.supply.get(asset)
  if (supply === undefined) return { kind: 'REFUSED', code: 'UNKNOWN_ASSET' }
  const known = state.credits.get(reference)
  if (known && (known.account !== account || known.asset !== asset || known.amount !== amount)) {
    return { kind: 'REFUSED', code: 'REFERENCE_REUSED' }
  }
  if (!known) {
    if (state.credits.size >= LIMITS.credits) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'credits' }
    if (!Number.isSafeInteger(supply + amount)) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'supply' }
    state.credits.set(reference, { account, asset, amount })
    state.supply.set(asset, supply + amount)
    state.change(account, asset).available += amount
    const { userId } = account
    out.push({ type: 'CREDITED', engineSequence: now.sequence, accountId, userId, asset, amount, reference })
  }
  const { available, held } = account.balance(asset)
  return {
    kind: 'CREDITED',
    engineSequence: now.sequence,
    accountId,
    asset,
    available,
    held,
    replayed: known !== undefined,
  }
}

function setMarketStatus(state: EngineState, command: SetMarketStatus, now: Moment, out: EngineEvent[]): Ack {
  const { symbol, status } = command
  const market = state.markets.get(symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  const { dataSet, segment, repetition } = command.recording ?? { dataSet: '', segment: '', repetition: 0 }
  const recording = command.recording ? market.countPass(dataSet, segment, repetition) : null
  if (typeof recording === 'string') return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: recording }
  market.status = status
  market.recording = recording
  out.push({ type: 'MARKET_STATUS_SET', engineSequence: now.sequence, symbol, status, recording })
  return { kind: 'MARKET_STATUS_SET', engineSequence: now.sequence, symbol, status, recording }
}

/** Mixes a command's outcome into the running hash. */
function record(digest: Digest, now: Moment, ack: Ack, out: readonly EngineEvent[], from: number): void {
  digest.number(now.sequence)
  digest.number(now.time)
  digest.text(ack.kind === 'REFUSED' ? ack.code : ack.kind)
  for (let i = from; i < out.length; i++) {
    const event = out[i]!
    switch (event.type) {
      case 'TRADE':
        digest.text(event.maker.orderId)
        for (const value of [event.price, event.quantity, event.maker.fee, event.taker.fee]) digest.number(value)
        break
      case 'ORDER_ACCEPTED':
        digest.text(event.clientOrderId)
        digest.number(event.quantity)
        break
      case 'ORDER_CANCELLED':
        digest.text(event.orderId)
        digest.number(event.cancelledQuantity)
        break
      case 'CREDITED':
        digest.text(event.reference)
        digest.number(event.amount)
        break
      case 'ACCOUNT_OPENED':
        digest.text(event.accountId)
        break
      case 'MARKET_STATUS_SET':
        digest.text(event.status)
        digest.number(event.recording?.pass ?? 0)
    }
  }
}
