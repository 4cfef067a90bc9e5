import { demoUsers } from '@opsource/enterprise'

const WIDTH = 78

export interface CardFacts {
  readonly graphqlUrl: string
  readonly explorerUrl: string
  /** Null where a subgraph is ready, else why it is not. */
  readonly readiness: Readonly<Record<string, string | null>>
  readonly demo: boolean
  readonly market: boolean
  readonly dataDirectory: string
  readonly logFile: string
  /** Since the start of this process. */
  readonly seconds: number
}

/** What a newcomer needs to know once everything runs. */
export function card(facts: CardFacts): string {
  const origin = new URL(facts.graphqlUrl).origin
  const lines = [
    rule(`OPSource runs · ${facts.seconds.toFixed(1)} s`),
    '',
    `  Graph      ${facts.graphqlUrl}`,
    `  Live       ${facts.graphqlUrl.replace('http', 'ws')}   (graphql-transport-ws)`,
    `  Explorer   ${facts.explorerUrl}   (works offline; online also ${origin}/sandbox)`,
    `  Subgraphs  ${Object.entries(facts.readiness).map(subgraphState).join('   ')}`,
    '',
    ...(facts.demo ? demoLines() : adminLines()),
    '',
    '  Try next',
    ...tryLines(facts).map((line, index) => `    ${index + 1}. ${line}`),
    '',
    `  Data       ${facts.dataDirectory}   (npm run reset clears it)`,
    `  Log        ${facts.logFile}`,
    '  Ctrl-C stops everything.',
    rule(''),
  ]
  return lines.join('\n')
}

function subgraphState([name, reason]: [string, string | null]): string {
  return reason === null ? `✓ ${name}` : `✗ ${name} (${reason})`
}

function demoLines(): string[] {
  const users = Object.values(demoUsers)
  const wide = Math.max(...users.map(({ email }) => email.length))
  return [
    '  Demo users (only here, on loopback)',
    ...users.map(
      ({ email, password, roles }) => `    ${email.padEnd(wide)}  ${password.padEnd(20)}  ${roles.join(', ')}`,
    ),
  ]
}

function adminLines(): string[] {
  return ['  No demo users: `npm run admin` makes the first administrator.']
}

function tryLines({ demo, market, explorerUrl }: CardFacts): string[] {
  return [
    `open ${explorerUrl}: the tabs are the walkthrough, in order`,
    ...(market ? ['run the subscription to orderBook: recorded order flow, live, joined with the prediction'] : []),
    ...(demo ? ['log in as the trader, place an order, and watch the fill arrive in portfolio and notifications'] : []),
  ]
}

function rule(title: string): string {
  return title === '' ? '─'.repeat(WIDTH) : `── ${title} ${'─'.repeat(Math.max(0, WIDTH - title.length - 4))}`
}
