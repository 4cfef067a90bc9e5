import { poolConfig } from '@opsource/database'
import fc from 'fast-check'
import { inadmissible } from '../../subgraphs/dash33/src/engine/admission.ts'
import type { Command, KillSwitchScope } from '../../subgraphs/dash33/src/engine/commands.ts'
import { Engine } from '../../subgraphs/dash33/src/engine/engine.ts'
import type { EngineBatch, OrderAccepted } from '../../subgraphs/dash33/src/engine/events.ts'
import { encodeBatch, segmentOf } from '../../subgraphs/dash33/src/engine/journal/batch-format.ts'
import { GENESIS_HASH, hashRow } from '../../subgraphs/dash33/src/engine/journal/rows.ts'
import { JournalStore } from '../../subgraphs/dash33/src/engine/journal/store.ts'
import { commandOf, opening, START, steps } from '../../subgraphs/dash33/src/engine/model/random-commands.ts'
import { INSTRUMENTS } from '../../subgraphs/dash33/src/market/instruments.ts'

const STEPS_PER_RUN = 100

const release = (scope: KillSwitchScope, target: string): Command => ({
  kind: 'SET_KILL_SWITCH',
  scope,
  target,
  engaged: false,
  changedBy: 'ops',
  reason: 'a new run',
})

/** Whatever the run before has halted trades again. */
const RELEASE: readonly Command[] = [
  release('VENUE', ''),
  ...opening.flatMap((command) => (command.kind === 'OPEN_ACCOUNT' ? [release('ACCOUNT', command.accountId)] : [])),
  ...INSTRUMENTS.flatMap(({ symbol }): Command[] => [
    release('MARKET', symbol),
    { kind: 'SET_MARKET_STATUS', symbol, status: 'TRADING', auctionMs: null, recording: null },
  ]),
]

interface Told {
  readonly commands: readonly Command[]
  readonly time: number
}

/** What the engine made of some hundred runs of every kind of command, settings, auctions and stops among them: equal seeds, equal batches. */
export class VariedTrading {
  readonly engine = new Engine()
  readonly batches: EngineBatch[] = []
  readonly #told: { told: Told; digestBefore: string; batch: EngineBatch }[] = []
  readonly #accepted: OrderAccepted[] = []
  #time = START

  constructor(seed: number, runs: number) {
    this.#tell(opening)
    const sampled = fc.sample(steps(STEPS_PER_RUN), { seed, numRuns: runs })
    for (const run of sampled) {
      this.#tell(RELEASE)
      for (const step of run) {
        this.#time += step.after
        const command = commandOf(step, this.#accepted)
        if (!inadmissible(command)) this.#tell([command])
      }
    }
  }

  /** Writes the journal that leads to all of it, as the engine's thread does. */
  async journal(databaseUrl: string): Promise<void> {
    const store = await JournalStore.connect(poolConfig(databaseUrl), () => {})
    await store.tryLead()
    let previousHash = GENESIS_HASH
    for (const { told, digestBefore, batch } of this.#told) {
      const { firstSequence, lastSequence } = batch
      const payload = encodeBatch(told.time, [segmentOf(told.commands)])
      const row = { firstSequence, lastSequence, epoch: store.epoch, payload, digestBefore, previousHash }
      previousHash = hashRow(row)
      await store.append({ ...row, hash: previousHash })
    }
    await store.close()
  }

  #tell(commands: readonly Command[]): void {
    const digestBefore = this.engine.state.digest.hex()
    const { batch } = this.engine.applyBatch(commands, this.#time)
    this.#told.push({ told: { commands, time: this.#time }, digestBefore, batch })
    this.batches.push(batch)
    for (const event of batch.events) if (event.type === 'ORDER_ACCEPTED') this.#accepted.push(event)
  }
}
