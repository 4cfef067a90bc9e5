import { followRevocations, TokenVerifier } from '@opsource/identity'
import type { Clock, ManualClock } from '@opsource/kernel'
import type { Ports, Subgraph } from '@opsource/subgraph'
import { startEnterprise } from '../features.ts'
import { demoUsers } from '../identity/index.ts'

/** A GraphQL answer as it came: a test reads what it asked for, and fails where that is not there. */
type Answer = ReturnType<typeof JSON.parse>

export interface RunningEnterprise {
  readonly subgraph: Subgraph
  readonly ports: Ports
  readonly clock: ManualClock
  /** The verifier of another service: it sees the published keys, the published list and the announcements, and nothing else. */
  readonly elsewhere: TokenVerifier
  ask(query: string, variables?: object, token?: string): Promise<Answer>
  /** Logs a demo user in. */
  logIn(user: keyof typeof demoUsers): Promise<{ accessToken: string; refreshToken: string; userId: string }>
  stop(): Promise<void>
}

/** Starts enterprise with the demo, a clock that stands still, and another service's verifier beside it. */
export async function runEnterprise(given: Ports & { clock: Clock }, clock: ManualClock): Promise<RunningEnterprise> {
  let subgraph: Subgraph | undefined
  const source = (path: string) => async () => {
    const route = subgraph?.routes.find((known) => known.path === path)
    if (!route) throw new Error(`${path} is not served`)
    return route.answer()
  }
  const documents = {
    keys: source('/.well-known/jwks.json'),
    revocations: source('/.well-known/revocations.json'),
    clock,
  }
  const ports: Ports = { ...given, verifier: new TokenVerifier(documents) }
  const elsewhere = new TokenVerifier(documents)
  const running = await startEnterprise(ports, { seedDemo: { host: '127.0.0.1' } })
  subgraph = running
  const followers = await Promise.all([followRevocations(ports.verifier, ports), followRevocations(elsewhere, ports)])
  await Promise.all([ports.verifier.load(), elsewhere.load()])

  const ask = async (query: string, variables: object = {}, token?: string): Promise<Answer> => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
    return JSON.parse(await running.execute({ body: JSON.stringify({ query, variables }), headers }))
  }
  return {
    subgraph: running,
    ports,
    clock,
    elsewhere,
    ask,
    logIn: async (user) => {
      const { email, password } = demoUsers[user]
      const { data } = await ask(LOG_IN, { email, password })
      return { ...data.logIn.tokens, userId: data.logIn.user.id }
    },
    stop: async () => {
      await Promise.all(followers.map((stop) => stop()))
      await running.stop()
      await Promise.all([ports.transport.close(), ports.cache.close()])
    },
  }
}

const STARTED = `
  __typename
  ... on SessionStarted { tokens { accessToken accessTokenExpiresAt refreshToken } user { id email displayName kind roles } }
  ... on Refusal { code message }
`
export const LOG_IN = `mutation ($email: String!, $password: String!) {
  logIn(input: { email: $email, password: $password }) { ${STARTED} ... on TooManyAttempts { retryAfterMs } ... on InvalidInput { field } }
}`
export const REGISTER = `mutation ($email: String!, $password: String!, $displayName: String!) {
  register(input: { email: $email, password: $password, displayName: $displayName }) { ${STARTED} ... on InvalidInput { field } }
}`
export const REFRESH = `mutation ($refreshToken: String!) { refreshSession(input: { refreshToken: $refreshToken }) { ${STARTED} } }`
export const ME = '{ me { id email displayName kind roles } }'

/** Asks again until it is so, within the 2 s that a revocation may take. @returns whether it came true. */
export async function within2s(check: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + 2_000
  while (!(await check())) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return true
}
