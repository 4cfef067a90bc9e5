import { NumberSet } from '../book/index.ts'
import { INSTRUMENTS, type Instrument } from '../market/instruments.ts'
import type { Ack } from './acks.ts'
import type { Command, Credit, OpenAccount } from './commands.ts'
import { tick } from './core/timers.ts'
import type { BalanceChange, EngineBatch, EngineEvent, LevelChange, RestingChange } from './events.ts'
import { LIMITS } from './limits.ts'
import {
  type Answer,
  amendOne,
  cancelEvery,
  cancelEveryAfter,
  cancelOne,
  placeOco,
  placeOrder,
  placeWithExits,
} from './order-commands.ts'
import {
  assignRiskProfile,
  setFeeSchedule,
  setKill,
  setMarketRules,
  setMarketStatus,
  setRiskLimits,
} from './setting-commands.ts'
import { EngineState } from './state.ts'

/** Commands one after the other, as they are read. */
export interface CommandSource {
  /** Goes on to the next command. @returns false where there is none */
  next(): boolean
  /** Carries out the command from where it is written, if it is one of the many that need no more than that; null: it is to be read. */
  carryOut(state: EngineState): Answer | null
  read(): Command
}

/**
 * The whole exchange as a function: the same admissible commands, in the same order, with the same times, give the same answers,
 * events and state everywhere. No clock, no randomness, no fractions.
 */
export class Engine {
  readonly state: EngineState

  constructor(instruments: readonly Instrument[] = INSTRUMENTS) {
    this.state = new EngineState(instruments)
  }

  /** When a TICK is due, milliseconds since the Unix epoch; null while nothing waits for its time. */
  get nextTimer(): number | null {
    return this.state.exchange.nextTimer
  }

  /** Applies a journaled batch. Sequences follow those applied before. */
  applyBatch(commands: readonly Command[], time: number): { batch: EngineBatch; acks: Ack[] } {
    const { state } = this
    const firstSequence = state.sequence + 1
    const events: EngineEvent[] = []
    const acks: Ack[] = []
    for (let i = 0; i < commands.length; i++) {
      const answer = this.process(commands[i]!, time, events)
      // Only where nobody hears it is an answer no more than its kind.
      if (typeof answer !== 'string') acks.push(answer)
    }
    const levels: LevelChange[] = []
    const resting: RestingChange[] = []
    for (const market of state.marketsByIndex) {
      market.drainLevels(levels)
      market.drainResting(resting)
    }
    const batch = {
      firstSequence,
      lastSequence: state.sequence,
      time,
      events,
      levels,
      resting,
      balances: drainBalances(state),
      holds: state.narrator.drainHolds(),
    }
    state.records.reuse()
    return { batch, acks }
  }

  /** The same for commands whose events, changes and answers nobody reads: they are not made. */
  applyUnheard(commands: CommandSource, time: number): void {
    const { state } = this
    const { exchange, records } = state
    const unread: EngineEvent[] = []
    state.hear(false)
    while (commands.next()) {
      this.begin(time, unread)
      this.finish(time, commands.carryOut(state) ?? this.dispatch(commands.read(), unread))
    }
    state.hear(true)
    exchange.balances.touched.clear()
    records.reuse()
  }

  /** Applies one command, appending what happens to `out`. */
  private process(command: Command, time: number, out: EngineEvent[]): Answer {
    this.begin(time, out)
    return this.finish(time, this.dispatch(command, out))
  }

  private begin(time: number, out: EngineEvent[]): void {
    this.state.exchange.begin(this.state.sequence + 1, time)
    this.state.narrator.begin(out)
  }

  private finish(time: number, answer: Answer): Answer {
    const { state } = this
    const { exchange } = state
    exchange.end()
    state.sequence++
    state.time = time
    const { digest } = exchange
    digest.number(state.sequence)
    digest.number(time)
    digest.text(wordOf(answer))
    return answer
  }

  private dispatch(command: Command, out: EngineEvent[]): Answer {
    const { state } = this
    switch (command.kind) {
      case 'PLACE':
        return placeOrder(state, command)
      case 'CANCEL':
        return cancelOne(state, command)
      case 'AMEND':
        return amendOne(state, command)
      case 'PLACE_OCO':
        return placeOco(state, command)
      case 'PLACE_BRACKET':
        return placeWithExits(state, command)
      case 'CANCEL_ALL':
        return cancelEvery(state, command)
      case 'CANCEL_ALL_AFTER':
        return cancelEveryAfter(state, command)
      case 'OPEN_ACCOUNT':
        return openAccount(state, command, out)
      case 'CREDIT':
        return credit(state, command, out)
      case 'SET_MARKET_STATUS':
        return setMarketStatus(state, command)
      case 'SET_KILL_SWITCH':
        return setKill(state, command, out)
      case 'SET_MARKET_RULES':
        return setMarketRules(state, command, out)
      case 'SET_RISK_LIMITS':
        return setRiskLimits(state, command, out)
      case 'ASSIGN_RISK_PROFILE':
        return assignRiskProfile(state, command, out)
      case 'SET_FEE_SCHEDULE':
        return setFeeSchedule(state, command, out)
      case 'TICK':
        tick(state.exchange)
        return { kind: 'TICKED', engineSequence: state.exchange.sequence }
    }
  }
}

function wordOf(answer: Answer): string {
  if (typeof answer === 'string') return answer
  return answer.kind === 'REFUSED' ? answer.code : answer.kind
}

function openAccount(state: EngineState, command: OpenAccount, out: EngineEvent[]): Ack {
  const { accountId, userId } = command
  const engineSequence = state.exchange.sequence
  const known = state.accounts.get(accountId)
  if (known && known.userId !== userId) return { kind: 'REFUSED', code: 'ACCOUNT_ID_REUSED' }
  if (known) return { kind: 'ACCOUNT_OPENED', engineSequence, accountId, replayed: true }
  if (state.accounts.size >= LIMITS.accounts) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'accounts' }
  state.openAccount(accountId, userId)
  state.digest.text(accountId)
  out.push({ type: 'ACCOUNT_OPENED', engineSequence, accountId, userId })
  return { kind: 'ACCOUNT_OPENED', engineSequence, accountId, replayed: false }
}

function credit(state: EngineState, command: Credit, out: EngineEvent[]): Ack {
  const { exchange } = state
  const { accountId, asset, amount, reference } = command
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const number = state.assets.indexOf(asset)
  if (number === -1) return { kind: 'REFUSED', code: 'UNKNOWN_ASSET' }
  const known = state.credits.get(reference)
  if (known && (known.account !== account || known.asset !== asset || known.amount !== amount)) {
    return { kind: 'REFUSED', code: 'REFERENCE_REUSED' }
  }
  if (!known) {
    if (state.credits.size >= LIMITS.credits) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'credits' }
    if (!exchange.credit(account.index, number, amount)) {
      return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'supply' }
    }
    state.credits.set(reference, { account, asset, amount })
    state.digest.text(reference)
    state.digest.number(amount)
    const { userId } = account
    out.push({ type: 'CREDITED', engineSequence: exchange.sequence, accountId, userId, asset, amount, reference })
  }
  return {
    kind: 'CREDITED',
    engineSequence: exchange.sequence,
    accountId,
    asset,
    available: exchange.balances.available(account.index, number),
    held: exchange.balances.held(account.index, number),
    replayed: known !== undefined,
  }
}

/** Of the one batch that is told at a time. */
const CELLS = new NumberSet()

/** Each balance changed since the last call, as it is now. */
function drainBalances(state: EngineState): BalanceChange[] {
  const { balances } = state.exchange
  const { touched, values } = balances
  const { assets, accountsByIndex } = state
  const changes: BalanceChange[] = []
  CELLS.begin(touched.length)
  for (let i = 0; i < touched.length; i++) {
    const cell = touched.at(i)
    if (!CELLS.add(cell)) continue
    changes.push({
      accountId: accountsByIndex[balances.accountOf(cell)]!.id,
      asset: assets[balances.assetOf(cell)]!,
      available: values[cell]!,
      held: values[cell + 1]!,
    })
  }
  touched.clear()
  return changes
}
