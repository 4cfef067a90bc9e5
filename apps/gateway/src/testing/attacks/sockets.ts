import { limits } from '../../limits/limits.ts'
import type { Pick } from '../random-operation.ts'
import { type Attack, times } from './attack.ts'

const TICKER = 'subscription { ticker(symbol: "A") { price } }'

/** Frames and messages that the protocol has no place for, and operations as large as any over HTTP. */
export function socketAttacks(pick: Pick): Attack[] {
  return [...times(120, () => message(pick)), ...times(80, () => operationOf(pick)), ...times(40, () => order(pick))]
}

function message(pick: Pick): Attack {
  const noise = new Uint8Array(1 + pick(200)).map(() => pick(256))
  noise[0] = 0xff
  const junk = [
    '{',
    '',
    'null',
    '[]',
    '"subscribe"',
    JSON.stringify({ type: ['start', 'data', 'connection_ack', 'next', '__proto__', '', 7][pick(7)], id: '1' }),
    JSON.stringify({ type: 'subscribe', payload: { query: TICKER } }),
    JSON.stringify({ type: 'subscribe', id: '', payload: { query: TICKER } }),
    JSON.stringify({ type: 'subscribe', id: pick(100), payload: { query: TICKER } }),
    JSON.stringify({ type: 'subscribe', id: '1', payload: { query: [TICKER] } }),
    JSON.stringify({ type: 'subscribe', id: '1', payload: { query: TICKER, variables: 'x' } }),
    JSON.stringify({ type: 'subscribe', id: '1' }),
    JSON.stringify({ type: 'complete' }),
    noise,
    '['.repeat(1 + pick(10_000)),
  ]
  const text = junk[pick(junk.length)] ?? ''
  return {
    name: `the message ${String(text).slice(0, 40)}`,
    kind: 'SOCKET',
    greets: true,
    messages: [text],
    closed: 4400,
    code: null,
  }
}

function operationOf(pick: Pick): Attack {
  const aliases = limits.aliases + 1 + pick(100)
  const levels = limits.depth + 1 + pick(50)
  const all = [
    [`{ ${times(aliases, (i) => `a${i}: __typename`).join(' ')} }`, 'QUERY_TOO_COMPLEX'],
    [`subscription { ${times(aliases, (i) => `a${i}: __typename`).join(' ')} }`, 'QUERY_TOO_COMPLEX'],
    [`{ ${'market { '.repeat(levels)} a ${'}'.repeat(levels)} }`, 'QUERY_TOO_DEEP'],
    [`{ ${'__typename '.repeat(limits.tokens + pick(100))} }`, 'QUERY_TOO_COMPLEX'],
    [`{ listed(first: ${limits.cost + 1 + pick(1_000)}) { symbol } }`, 'QUERY_TOO_COMPLEX'],
    ['subscription { fills { number } }', 'UNAUTHENTICATED'],
    ['subscription { ...F } fragment F on Subscription { ...F }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription ($on: Boolean!) { ticker(symbol: "A") @include(if: $on) { price } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { a: ticker(symbol: "A") { price } b: ticker(symbol: "A") { price } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{', 'GRAPHQL_PARSE_FAILED'],
    [TICKER, 'BAD_USER_INPUT'],
  ] as const
  const [query, code] = all[pick(all.length)] ?? all[0]
  const length = query === TICKER ? 129 + pick(100_000) : 1 + pick(128)
  const text = JSON.stringify({ type: 'subscribe', id: 'x'.repeat(length), payload: { query } })
  return {
    name: `over a socket ${query.slice(0, 40)}`,
    kind: 'SOCKET',
    greets: true,
    messages: [text],
    closed: null,
    code,
  }
}

/** The right messages at the wrong time, too long, or too many. */
function order(pick: Pick): Attack {
  const init = JSON.stringify({ type: 'connection_init' })
  const subscribe = JSON.stringify({ type: 'subscribe', id: '1', payload: { query: TICKER } })
  const ping = JSON.stringify({ type: 'ping' })
  const orders = [
    { greets: false, messages: [subscribe], closed: 4401 },
    { greets: true, messages: [init], closed: 4429 },
    { greets: true, messages: [subscribe, subscribe], closed: 4409 },
    { greets: true, messages: ['x'.repeat(limits.bodyBytes + 1 + pick(1_000))], closed: 1009 },
    { greets: true, messages: times(limits.messagesPerSecond * 2 + 10 + pick(200), () => ping), closed: 1013 },
    {
      greets: false,
      messages: [
        JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${'x'.repeat(pick(9_000))}` } }),
      ],
      closed: 4401,
    },
  ]
  const attack = orders[pick(orders.length)] ?? orders[0]
  return {
    name: 'messages out of order',
    kind: 'SOCKET',
    greets: true,
    messages: [],
    closed: 4401,
    code: null,
    ...attack,
  }
}
