import { type Clock, type IdSource, parseDecimal } from '@opsource/kernel'
import type { ClientBase, Pool } from 'pg'
import { inTransaction } from '../database.ts'
import type { OpenPaperAccountInput } from '../generated/graphql.ts'
import { ASSET_SCALES, assetScale } from '../market/index.ts'
import { invalidInput } from '../market/refusals.ts'
import { keyFault } from '../orders/input.ts'
import type { PaperAccountParent } from '../parents.ts'
import { assetRates, equityOf } from '../portfolio/index.ts'
import { accountKeyReused, accountNotOpen, limitReached, priceUnknown } from './answers.ts'
import { cancelOrder } from './desk.ts'
import { findOrders } from './order-store.ts'
import { findAccount, findAccounts, lockWatermark, readOpenings, writeAccount } from './store.ts'

/** A few experiments at once. */
export const MAX_OPEN_ACCOUNTS = 5
/** Each is kept for a time after it was closed: `retention.ts`. */
export const MAX_ACCOUNTS = 50
const MAX_NAME_LENGTH = 64

/** Opens and closes paper accounts. */
export class PaperAccounts {
  readonly #pool: Pool
  readonly #ids: IdSource
  readonly #clock: Clock
  readonly #lastPrices: () => ReadonlyMap<string, number>

  /** @param lastPrices ticks by symbol. */
  constructor(options: { pool: Pool; ids: IdSource; clock: Clock; lastPrices: () => ReadonlyMap<string, number> }) {
    this.#pool = options.pool
    this.#ids = options.ids
    this.#clock = options.clock
    this.#lastPrices = options.lastPrices
  }

  open(userId: string, input: OpenPaperAccountInput) {
    const fault = keyFault(input.clientAccountId, 'input.clientAccountId')
    if (fault) return fault
    if (input.name.length === 0 || input.name.length > MAX_NAME_LENGTH)
      return invalidInput('input.name', `1 to ${MAX_NAME_LENGTH} characters.`)
    const read = readBalances(input)
    if ('answer' in read) return read.answer
    const { balances } = read
    const lastPrices = this.#lastPrices()
    const priced = new Set(assetRates(lastPrices).map(({ asset }) => asset))
    const unpriced = [...balances.keys()].find((asset) => !priced.has(asset))
    if (unpriced !== undefined) return priceUnknown(unpriced)
    return inTransaction(this.#pool, async (client) => {
      // Two openings of one user come one after the other, so that each counts the other.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`paper ${userId}`])
      const accounts = await findAccounts(client, userId)
      const known = accounts.find(({ clientAccountId }) => clientAccountId === input.clientAccountId)
      if (known) return again(client, known, input.name, balances)
      const open = accounts.filter(({ closedAt }) => closedAt === null).length
      if (open >= MAX_OPEN_ACCOUNTS) return limitReached('openAccountsPerUser', MAX_OPEN_ACCOUNTS)
      if (accounts.length >= MAX_ACCOUNTS) return limitReached('accountsPerUser', MAX_ACCOUNTS)
      const account: PaperAccountParent = {
        id: this.#ids.next('pac'),
        clientAccountId: input.clientAccountId,
        name: input.name,
        openedAt: this.#clock.now(),
        closedAt: null,
        openingEquity: equityOf(balances, lastPrices),
      }
      await writeAccount(client, userId, account, balances)
      return { __typename: 'PaperAccountOpened' as const, account, replayed: false }
    })
  }

  /** Cancels what is open and closes the account; closing it again changes nothing. */
  close(userId: string, accountId: string) {
    return inTransaction(this.#pool, async (client) => {
      await lockWatermark(client, 'SHARE')
      const account = await findAccount(client, userId, accountId, 'FOR UPDATE')
      if (!account) return accountNotOpen()
      if (account.closedAt !== null) return { __typename: 'PaperAccountClosed' as const, account }
      const now = this.#clock.now()
      for (const order of await findOrders(client, { accountId, openOnly: true })) await cancelOrder(client, order, now)
      await client.query('UPDATE paper_account SET closed_at = $2 WHERE id = $1', [accountId, new Date(now)])
      return { __typename: 'PaperAccountClosed' as const, account: { ...account, closedAt: now } }
    })
  }
}

async function again(
  client: ClientBase,
  account: PaperAccountParent,
  name: string,
  balances: ReadonlyMap<string, bigint>,
) {
  const openings = await readOpenings(client, account.id)
  const isSame =
    account.name === name &&
    openings.size === balances.size &&
    [...openings].every(([asset, amount]) => balances.get(asset) === amount)
  if (!isSame) return accountKeyReused(account.id)
  return { __typename: 'PaperAccountOpened' as const, account, replayed: true }
}

function readBalances({ balances: inputs }: OpenPaperAccountInput) {
  const balances = new Map<string, bigint>()
  for (const [i, { asset, amount }] of inputs.entries()) {
    const path = `input.balances.${i}`
    if (!Object.hasOwn(ASSET_SCALES, asset) || balances.has(asset))
      return { answer: invalidInput(`${path}.asset`, 'There is no such asset, or it is named twice.') }
    const read = parseDecimal(amount, assetScale(asset))
    if (!read.ok || read.value <= 0n || read.value > Number.MAX_SAFE_INTEGER)
      return { answer: invalidInput(`${path}.amount`, 'An amount above zero is needed that an account can hold.') }
    balances.set(asset, read.value)
  }
  if (balances.size === 0) return { answer: invalidInput('input.balances', 'An account begins with something.') }
  return { balances }
}
