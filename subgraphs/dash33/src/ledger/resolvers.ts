import { formatDecimal, parseDecimal } from '@opsource/kernel'
import { connection, pageOf } from '@opsource/subgraph'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Credit } from '../engine/commands.ts'
import type { CreditAccountInput, Resolvers } from '../generated/graphql.ts'
import { ASSET_SCALES, assetScale } from '../market/index.ts'
import { engineUnavailable, invalidInput } from '../market/refusals.ts'
import { findEntries } from './entries.ts'
import { recountLedger } from './store.ts'

const REFERENCE = /^[\x20-\x7e]{1,64}$/

export interface LedgerServices {
  readonly pool: Pool
  readonly engine: Pick<EngineClient, 'submit'>
  readonly writes: ReadYourWrites
}

export function ledgerResolvers({ pool, engine, writes }: LedgerServices): Resolvers {
  return {
    Query: {
      ledger: async () => {
        const { watermark, accounts } = await recountLedger(pool)
        const sums = new Map<string, bigint>()
        for (const { asset, total } of accounts) sums.set(asset, (sums.get(asset) ?? 0n) + total)
        return {
          watermark,
          balanced: [...sums.values()].every((sum) => sum === 0n),
          accounts: accounts.map(({ accountId, asset, total }) => ({
            accountId,
            asset,
            total: formatDecimal(total, assetScale(asset)),
          })),
        }
      },
      ledgerEntries: async (_parent, args, context) => {
        const accountId = accountIdOf(callerOf(context).userId)
        const page = pageOf(args, { keys: 3 })
        await writes.settled(accountId)
        const entries = await findEntries(pool, accountId, page)
        return connection(entries, page, ({ engineSequence, posting, leg }) => [engineSequence, posting, leg])
      },
    },
    Mutation: {
      creditAccount: async (_parent, { input }) => {
        const command = readCredit(input)
        if ('__typename' in command) return command
        const [ack] = await engine.submit([command])
        if (ack?.kind === 'CREDITED') {
          writes.wrote(ack.accountId, ack.engineSequence)
          const held = BigInt(ack.held)
          const balance = { asset: ack.asset, total: BigInt(ack.available) + held, held }
          return { __typename: 'AccountCredited', balance }
        }
        if (ack?.kind !== 'REFUSED') throw new Error(`a credit was answered ${ack?.kind}`)
        return refusalOf(ack.code)
      },
    },
    LedgerEntry: {
      asset: ({ asset }) => ({ code: asset }),
      amount: ({ asset, amount }) => formatDecimal(amount, assetScale(asset)),
    },
    Balance: {
      asset: ({ asset }) => ({ code: asset }),
      total: ({ asset, total }) => formatDecimal(total, assetScale(asset)),
      held: ({ asset, held }) => formatDecimal(held, assetScale(asset)),
      available: ({ asset, total, held }) => formatDecimal(total - held, assetScale(asset)),
    },
  }
}

function readCredit(input: CreditAccountInput): Credit | ReturnType<typeof invalidInput> {
  if (!Object.hasOwn(ASSET_SCALES, input.asset)) return invalidInput('input.asset', 'There is no such asset.')
  if (!REFERENCE.test(input.reference)) return invalidInput('input.reference', '1 to 64 printable ASCII characters.')
  const amount = parseDecimal(input.amount, assetScale(input.asset))
  if (!amount.ok) return invalidInput('input.amount', 'A plain decimal within the asset’s decimal places is needed.')
  if (amount.value <= 0n) return invalidInput('input.amount', 'It must be above zero.')
  if (amount.value > Number.MAX_SAFE_INTEGER)
    return invalidInput('input.amount', 'It is beyond what an account can hold.')
  const { asset, reference } = input
  return { kind: 'CREDIT', accountId: accountIdOf(input.userId), asset, amount: Number(amount.value), reference }
}

function refusalOf(code: string) {
  switch (code) {
    case 'UNKNOWN_ACCOUNT':
      return { __typename: 'UnknownAccount' as const, code, message: 'There is no account for that user.' }
    case 'REFERENCE_REUSED':
      return { __typename: 'ReferenceReused' as const, code, message: 'The reference belongs to another credit.' }
    case 'INVALID_COMMAND':
      return invalidInput('input', 'It cannot be read as what it should be.')
    default:
      return engineUnavailable(code)
  }
}
