import type { ClientBase, Connection, QueryConfig, QueryResult, QueryResultRow, Submittable } from 'pg'
import type { CopyRows } from './copy.ts'

/** Where statements are run: a client of `pg`, or one that takes them in turn. */
export interface Queries {
  query<R extends QueryResultRow>(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<R>>
}

/**
 * Statements of one transaction that are asked for from several sides at once: one at a time, in the order in which they were asked for, so that the
 * next is being prepared while PostgreSQL works. After one that failed none is run, and all of them fail with its error. Whoever asks waits
 * for all that it asked for, as `allDone` does: none may be left when the transaction ends.
 */
export class Statements implements Queries {
  readonly #client: ClientBase
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: ClientBase) {
    this.#client = client
  }

  query<R extends QueryResultRow>(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<R>> {
    return this.#next(() => this.#client.query<R>(statement, values))
  }

  /** @param target the table and its columns. @throws where not each row was written. */
  async copy(target: string, rows: CopyRows): Promise<void> {
    const { rows: count } = rows
    if (count === 0) return
    const tag = await this.#next(() => {
      const copy = new Copy(`COPY ${target} FROM STDIN (FORMAT binary)`, rows.messages())
      this.#client.query(copy)
      return copy.done
    })
    if (tag !== `COPY ${count}`) throw new Error(`copy to ${target}: ${tag} for ${count} rows`)
  }

  #next<T>(run: () => Promise<T>): Promise<T> {
    const next = this.#last.then(run)
    this.#last = next
    return next
  }
}

/** Waits for all of them, so that none goes on after the transaction has ended. @throws what the first of them did. */
export async function allDone(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason
}

/** What `pg` calls while a COPY runs. */
class Copy implements Submittable {
  /** The command's tag, with the number of rows. */
  readonly done: Promise<string>
  readonly #text: string
  readonly #messages: Buffer
  readonly #settle: PromiseWithResolvers<string>
  #tag = ''

  constructor(text: string, messages: Buffer) {
    this.#text = text
    this.#messages = messages
    this.#settle = Promise.withResolvers<string>()
    this.done = this.#settle.promise
  }

  submit(connection: Connection): void {
    connection.query(this.#text)
  }

  handleCopyInResponse(connection: Connection): void {
    connection.stream.write(this.#messages)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#tag = text
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#tag)
  }

  handleError(error: Error): void {
    this.#settle.reject(error)
  }
}
