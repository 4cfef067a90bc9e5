import { setTimeout as sleep } from 'node:timers/promises'
import { demoApiKeys, demoUsers } from '@opsource/enterprise'
import { z } from 'zod'
import { ask } from './graph.ts'

/** What the demo's traders may lose. */
const STAKES = { USDT: '100000', BTC: '1', ETH: '10' }
/** The exchange hears of a new user by an event. */
const ACCOUNT_LIMIT_MS = 30_000
const POLL_MS = 100

const LOG_IN = /* GraphQL */ `
  mutation SeedLogIn($input: LogInInput!) {
    logIn(input: $input) {
      ... on SessionStarted { user { id } tokens { accessToken } }
      ... on Refusal { code message }
    }
  }
`
const LOG_OUT = /* GraphQL */ `
  mutation SeedLogOut { logOut { ... on SessionEnded { count } } }
`
const CREDIT = /* GraphQL */ `
  mutation SeedCredit($input: CreditAccountInput!) {
    creditAccount(input: $input) {
      __typename
      ... on Refusal { code message }
    }
  }
`
const logInAnswer = z.object({
  logIn: z.object({ user: z.object({ id: z.string() }), tokens: z.object({ accessToken: z.string() }) }),
})
const creditAnswer = z.object({
  creditAccount: z.object({ __typename: z.string(), code: z.string().optional(), message: z.string().optional() }),
})

/** Gives the demo's traders something to trade with, by ordinary requests to the graph. Repeating it changes nothing. */
export async function seed(graphqlUrl: string): Promise<void> {
  for (const { email, password } of [demoUsers.trader, demoUsers.analyst]) {
    const input = { email, password }
    const { logIn } = await ask(graphqlUrl, logInAnswer, { query: LOG_IN, variables: { input } })
    for (const [asset, amount] of Object.entries(STAKES)) {
      await credit(graphqlUrl, { userId: logIn.user.id, asset, amount, reference: `demo.${logIn.user.id}.${asset}` })
    }
    const authorization = `Bearer ${logIn.tokens.accessToken}`
    await ask(graphqlUrl, z.unknown(), { query: LOG_OUT, authorization })
  }
}

async function credit(
  graphqlUrl: string,
  input: Record<'userId' | 'asset' | 'amount' | 'reference', string>,
): Promise<void> {
  const authorization = `ApiKey ${demoApiKeys.marketOperator}`
  for (let waited = 0; ; waited += POLL_MS) {
    const { creditAccount } = await ask(graphqlUrl, creditAnswer, {
      query: CREDIT,
      variables: { input },
      authorization,
    })
    if (creditAccount.__typename === 'AccountCredited') return
    if (creditAccount.__typename !== 'UnknownAccount' || waited >= ACCOUNT_LIMIT_MS) {
      throw new Error(`the demo's account was not credited: ${creditAccount.message ?? creditAccount.__typename}`)
    }
    await sleep(POLL_MS)
  }
}
