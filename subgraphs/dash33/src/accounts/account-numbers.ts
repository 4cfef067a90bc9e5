import type { ClientBase } from 'pg'
import { texts } from '../columns.ts'

const FIND_NUMBERS = 'SELECT id, no FROM account WHERE id = ANY ($1::text[])'

/**
 * The numbers by which the tables name accounts: given once, never changed, and so remembered, as is which balances there are; bounded by
 * the engine's own limit of accounts. One instance belongs to one writer, which forgets them when a transaction that may have given some was rolled back.
 */
export class AccountNumbers {
  readonly #numbers = new Map<string, number>()
  /** Balances that have a row, by account number and asset. */
  readonly openBalances = new Set<string>()

  /** Makes sure that `of` knows these. @throws where there is no such account. */
  async load(client: Pick<ClientBase, 'query'>, accountIds: Iterable<string>): Promise<void> {
    const missing = [...new Set(accountIds)].filter((id) => !this.#numbers.has(id))
    if (missing.length === 0) return
    const { rows } = await client.query<{ id: string; no: number }>({
      name: 'find account numbers',
      text: FIND_NUMBERS,
      values: [texts(missing)],
    })
    for (const { id, no } of rows) this.#numbers.set(id, no)
    const unknown = missing.find((id) => !this.#numbers.has(id))
    if (unknown !== undefined) throw new Error(`there is no account ${unknown}`)
  }

  of(accountId: string): number {
    const no = this.#numbers.get(accountId)
    if (no === undefined) throw new Error(`the number of ${accountId} was not loaded`)
    return no
  }

  forget(): void {
    this.#numbers.clear()
    this.openBalances.clear()
  }
}
