import { KEY } from '../client-order-ids.ts'
import { LIMITS } from '../limits.ts'
import { type BatchHead, readHead } from './batch-format.ts'
import { ByteReader } from './byte-stream.ts'
import { type Spelled, SpelledBatch } from './spelled-batch.ts'
import { SpelledNames } from './spelled-names.ts'
import { Speller } from './speller.ts'

/** A batch whose commands are still to be read. */
export class OpenedBatch {
  readonly engineVersion: number
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly #payload: Uint8Array
  readonly #spelled: Spelled | null

  constructor({ engineVersion, time }: BatchHead, payload: Uint8Array, spelled: Spelled | null) {
    this.engineVersion = engineVersion
    this.time = time
    this.#payload = payload
    this.#spelled = spelled
  }

  /** To be read before another batch is opened. @throws where they are none */
  get commands(): SpelledBatch {
    return new SpelledBatch(this.#payload, this.#spelled ?? spellHere())
  }
}

/** Of the one batch that is open at a time. */
const opened = new ByteReader(new Uint8Array(0))
let speller = new Speller(KEY)
let names = new SpelledNames(speller.names)

/**
 * Reads a batch's head; its commands are to be read before another batch is opened.
 * @param spelled its commands, where they have been spelled elsewhere
 * @returns null where it is of the first format
 * @throws where it is of no known version
 */
export function openBatch(bytes: Uint8Array, spelled: Spelled | null = null): OpenedBatch | null {
  const head = readHead(opened, bytes)
  return head && new OpenedBatch(head, bytes, spelled)
}

function spellHere(): Spelled {
  if (speller.names.length === LIMITS.spelledNames) {
    speller = new Speller(KEY)
    names = new SpelledNames(speller.names)
  }
  speller.empty()
  const start = speller.spell(opened)
  return { ...speller.spelled, start, names, ahead: null }
}
