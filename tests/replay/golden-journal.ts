import { hashState, writeState } from '../../subgraphs/dash33/src/engine/canonical.ts'
import { Engine } from '../../subgraphs/dash33/src/engine/engine.ts'
import { commandsOf, decodeBatch } from '../../subgraphs/dash33/src/engine/journal/batch-format.ts'
import { openBatch } from '../../subgraphs/dash33/src/engine/journal/opened-batch.ts'

const LENGTH_BYTES = 4

/** What a journal leads to. */
export interface Destination {
  readonly commands: number
  /** Of each kind. */
  readonly events: Readonly<Record<string, number>>
  readonly digest: string
  readonly stateHash: string
}

/** A file of journaled payloads, each after its length in four bytes, low bits first. */
export function writeJournal(payloads: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    payloads.flatMap((payload) => {
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32LE(payload.length)
      return [length, payload]
    }),
  )
}

export function readJournal(file: Buffer): Buffer[] {
  const payloads: Buffer[] = []
  for (let position = 0; position < file.length; ) {
    const start = position + LENGTH_BYTES
    position = start + file.readUInt32LE(position)
    payloads.push(file.subarray(start, position))
  }
  return payloads
}

/** The state that a journal leads to where nobody listens. */
export function followUnheard(payloads: readonly Uint8Array[]): string {
  const engine = new Engine()
  for (const payload of payloads) {
    const opened = openBatch(payload)
    if (opened === null) throw new Error('a golden journal is of the current format')
    engine.applyUnheard(opened.commands, opened.time)
  }
  return hashState(writeState(engine.state))
}

/** Applies a journal to a fresh engine. @param together whether a batch is applied as one, or each command by itself */
export function follow(payloads: readonly Uint8Array[], together: boolean): Destination {
  const engine = new Engine()
  const events = new Map<string, number>()
  for (const payload of payloads) {
    const journaled = decodeBatch(payload)
    const commands = commandsOf(journaled)
    const batches = together ? [commands] : commands.map((command) => [command])
    for (const batch of batches) {
      for (const { type } of engine.applyBatch(batch, journaled.time).batch.events) {
        events.set(type, (events.get(type) ?? 0) + 1)
      }
    }
  }
  return {
    commands: engine.state.sequence,
    events: Object.fromEntries([...events].sort(([a], [b]) => (a < b ? -1 : 1))),
    digest: engine.state.digest.hex(),
    stateHash: hashState(writeState(engine.state)),
  }
}
