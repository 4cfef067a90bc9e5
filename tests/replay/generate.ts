// node tools/run.mjs tests/replay/generate.ts: writes the golden journals anew. Only together with a new ENGINE_VERSION or STATE_VERSION:
// their hashes say that today's engine does what yesterday's did.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { inadmissible } from '../../subgraphs/dash33/src/engine/admission.ts'
import { STATE_VERSION } from '../../subgraphs/dash33/src/engine/canonical.ts'
import type { Command } from '../../subgraphs/dash33/src/engine/commands.ts'
import { Engine } from '../../subgraphs/dash33/src/engine/engine.ts'
import type { OrderAccepted } from '../../subgraphs/dash33/src/engine/events.ts'
import { encodeBatch, segmentOf } from '../../subgraphs/dash33/src/engine/journal/batch-format.ts'
import { commandOf, opening, START, type Step, steps } from '../../subgraphs/dash33/src/engine/model/random-commands.ts'
import { ENGINE_VERSION } from '../../subgraphs/dash33/src/engine/version.ts'
import { type Destination, follow, writeJournal } from './golden-journal.ts'

const SEEDS = [3, 5, 8, 13, 21]
const STEPS = 400
/** Many runs end early, or under a kill switch: of so many the one with most trades is kept. */
const RUNS = 60
const LARGEST_BATCH = 7
const TICK: Command = { kind: 'TICK' }

/** Commands of every kind in batches of several sizes, with a TICK wherever one was due, as the engine's thread journals them. */
function payloadsOf(run: readonly Step[]): Uint8Array[] {
  const engine = new Engine()
  const accepted: OrderAccepted[] = []
  const payloads: Uint8Array[] = []
  let time = START
  const journal = (commands: readonly Command[]) => {
    const isDue = engine.nextTimer !== null && engine.nextTimer <= time
    const all = isDue ? [TICK, ...commands] : commands
    payloads.push(encodeBatch(time, [segmentOf(all)]))
    for (const event of engine.applyBatch(all, time).batch.events) {
      if (event.type === 'ORDER_ACCEPTED') accepted.push(event)
    }
  }
  journal(opening)
  let gathered: Command[] = []
  for (const step of run) {
    time += step.after
    const command = commandOf(step, accepted)
    if (!inadmissible(command)) gathered.push(command)
    if (gathered.length <= payloads.length % LARGEST_BATCH) continue
    journal(gathered)
    gathered = []
  }
  return payloads
}

const directory = path.join(import.meta.dirname, 'journals')
mkdirSync(directory, { recursive: true })
const destinations: Record<string, Destination> = {}
for (const seed of SEEDS) {
  const name = `seed-${seed}.journal`
  const journals = fc.sample(steps(STEPS), { seed, numRuns: RUNS }).map((run) => {
    const payloads = payloadsOf(run)
    return { payloads, destination: follow(payloads, true) }
  })
  const trades = ({ events }: Destination) => (events.TRADE ?? 0) + (events.ORDER_TRIGGERED ?? 0)
  const liveliest = journals.reduce((a, b) => (trades(b.destination) > trades(a.destination) ? b : a))
  writeFileSync(path.join(directory, name), writeJournal(liveliest.payloads))
  destinations[name] = liveliest.destination
}
const expected = { engineVersion: ENGINE_VERSION, stateVersion: STATE_VERSION, destinations }
writeFileSync(path.join(directory, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`)
