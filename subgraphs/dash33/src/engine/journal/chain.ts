import { hashRow, type JournalRow } from './rows.ts'

/** The journal does not lead to a state that can be trusted. */
export class JournalDamagedError extends Error {
  override readonly name = 'JournalDamagedError'
}

export const damaged = (row: JournalRow, text: string) =>
  new JournalDamagedError(`journal batch ${row.firstSequence} ${text}`)

/** Where in the journal something begins: behind the batch that ends with `sequence`. */
export interface JournalPlace {
  readonly sequence: number
  /** Of that batch. */
  readonly hash: Uint8Array
}

/** The end of what was proved of the journal: its next row has to follow, chained and unaltered. */
export class Chain {
  #sequence: number
  #hash: Uint8Array

  /** @param hash of the row that ends with `sequence` */
  constructor(sequence: number, hash: Uint8Array) {
    this.#sequence = sequence
    this.#hash = hash
  }

  get place(): JournalPlace {
    return { sequence: this.#sequence, hash: this.#hash }
  }

  /** @returns how many of the rows continue what was proved, and what is wrong with the one after them. */
  prove(rows: readonly JournalRow[]): { readonly sound: number; readonly fault: JournalDamagedError | null } {
    for (let i = 0; i < rows.length; i++) {
      const fault = this.#next(rows[i]!)
      if (fault !== null) return { sound: i, fault: damaged(rows[i]!, fault) }
    }
    // Rows are views of their page, which may go elsewhere.
    this.#hash = new Uint8Array(this.#hash)
    return { sound: rows.length, fault: null }
  }

  /** Takes rows that continue it as proved: somebody else has done so. */
  follow(rows: readonly JournalRow[]): void {
    const last = rows.at(-1)
    if (!last) return
    this.#sequence = last.lastSequence
    this.#hash = new Uint8Array(last.hash)
  }

  #next(row: JournalRow): string | null {
    const { hash } = row
    if (row.firstSequence !== this.#sequence + 1) return `does not follow ${this.#sequence}`
    if (!equal(row.previousHash, this.#hash)) return 'does not continue the chain'
    if (!equal(hash, hashRow(row))) return 'was altered'
    this.#sequence = row.lastSequence
    this.#hash = hash
    return null
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
