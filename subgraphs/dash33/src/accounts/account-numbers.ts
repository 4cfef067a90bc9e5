import { texts } from '../columns.ts'
import type { Queries } from '../statements.ts'

const FIND_NUMBERS = 'SELECT id, no FROM account WHERE id = ANY ($1::text[])'

/**
 * The numbers by which the tables name accounts: given once, never changed, and so remembered; bounded by
 * the engine's own limit of accounts. One instance belongs to one writer, which forgets them when a transaction that may have given some was rolled back.
 */
export class AccountNumbers {
  readonly #numbers = new Map<string, number>()

  /** Makes sure that `of` knows these. @throws where there is no such account. */
  async load(client: Queries, accountIds: Iterable<string>): Promise<void> {
    const unknown = new Set<string>()
    for (const id of accountIds) if (!this.#numbers.has(id)) unknown.add(id)
    if (unknown.size === 0) return
    const { rows } = await client.query<{ id: string; no: number }>({
      name: 'find account numbers',
      text: FIND_NUMBERS,
      values: [texts([...unknown])],
    })
    for (const { id, no } of rows) this.#numbers.set(id, no)
    for (const id of unknown) if (!this.#numbers.has(id)) throw new Error(`there is no account ${id}`)
  }

  of(accountId: string): number {
    const no = this.#numbers.get(accountId)
    if (no === undefined) throw new Error(`the number of ${accountId} was not loaded`)
    return no
  }

  forget(): void {
    this.#numbers.clear()
  }
}
