import type { KnownRow } from './rows.ts'

/** Of one view and entity: nearly three hours of seconds. While nothing can be written the oldest go. */
const MAX_PENDING = 10_000

export interface Pending {
  readonly view: string
  readonly entity: string
  readonly rows: KnownRow[]
}

/** Rows that were served and wait to be written, so that history knows what was known, and when. */
export class RowRecorder {
  readonly #pending = new Map<string, Pending>()
  readonly #onDropped: (view: string, entity: string, rows: number) => void

  constructor(onDropped: (view: string, entity: string, rows: number) => void) {
    this.#onDropped = onDropped
  }

  add(view: string, entity: string, row: KnownRow): void {
    const key = `${view} ${entity}`
    const pending = this.#pending.get(key) ?? { view, entity, rows: [] }
    this.#pending.set(key, pending)
    pending.rows.push(row)
    if (pending.rows.length > MAX_PENDING) {
      pending.rows.shift()
      this.#onDropped(view, entity, 1)
    }
  }

  /** Everything that waits, which then waits no more. */
  take(): Pending[] {
    const taken = [...this.#pending.values()].filter(({ rows }) => rows.length > 0)
    this.#pending.clear()
    return taken
  }

  /** What could not be written waits again, before what has come since. */
  putBack({ view, entity, rows }: Pending): void {
    const key = `${view} ${entity}`
    const all = [...rows, ...(this.#pending.get(key)?.rows ?? [])]
    this.#pending.set(key, { view, entity, rows: all.slice(-MAX_PENDING) })
    if (all.length > MAX_PENDING) this.#onDropped(view, entity, all.length - MAX_PENDING)
  }
}
