import { limits } from '../../limits/limits.ts'
import type { Pick } from '../random-operation.ts'
import { type Attack, operation, times } from './attack.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const BAD = { status: 400, code: 'BAD_USER_INPUT' } as const
const GOOD = '{ __typename }'

/** Bodies and headers that are not what they should be. */
export function requestAttacks(pick: Pick): Attack[] {
  return [
    ...times(120, () => batch(pick)),
    ...times(150, () => body(pick)),
    ...times(60, () => large(pick)),
    ...times(80, () => named(pick)),
    ...times(60, () => forgery(pick)),
    ...times(130, () => bytes(pick)),
  ]
}

function batch(pick: Pick): Attack {
  const count = pick(200)
  const one = { query: [GOOD, 'mutation { place(price: 1) }', '{ markets { symbol } }'][pick(3)] }
  const nested = times(pick(3), () => 0).reduce<unknown>(
    (inner) => [inner],
    times(count, () => one),
  )
  return { name: `a batch of ${count}`, kind: 'HTTP', headers: JSON_TYPE, body: JSON.stringify(nested), ...BAD }
}

function body(pick: Pick): Attack {
  const whole = JSON.stringify({ query: GOOD, variables: { a: 1 } })
  const bodies = [
    whole.slice(0, 1 + pick(whole.length - 1)),
    `${whole}${whole}`,
    ['null', 'true', '0', '""', '{}', '[]', '{"query":null}', '{"query":[]}', '{"query":{}}', '{"query":1}'][pick(10)],
    `{"query":"${GOOD}","variables":${['1', '"a"', '[]', 'true'][pick(4)]}}`,
    `{"query":"${GOOD}","variables":{},}`,
    `\u0000${whole}`,
    `${'['.repeat(1 + pick(50_000))}`,
    `{"quer\u0079":${'{"a":'.repeat(pick(5_000))}`,
    `\u{feff}{"query"`,
    'query=%7B__typename%7D',
  ]
  const text = bodies[pick(bodies.length)] ?? ''
  return { name: `the body ${text.slice(0, 24)}`, kind: 'HTTP', headers: JSON_TYPE, body: text, ...BAD }
}

function large(pick: Pick): Attack {
  const size = limits.bodyBytes + 1 + pick(200_000)
  const text = [
    JSON.stringify({ query: `${GOOD} #${'x'.repeat(size)}` }),
    JSON.stringify({ query: GOOD, variables: { a: 'x'.repeat(size) } }),
    ' '.repeat(size),
    '['.repeat(size),
  ][pick(4)]
  const body = text ?? ''
  return {
    name: `a body of ${size} bytes`,
    kind: 'HTTP',
    headers: JSON_TYPE,
    body,
    status: 413,
    code: 'REQUEST_TOO_LARGE',
  }
}

/** Names of operations and variables that mean something elsewhere, or are too long to be kept. */
function named(pick: Pick): Attack {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'A'.repeat(1 + pick(100_000)),
    "'; drop table users",
    '\r\nset-cookie: a=b',
  ]
  const operationName = names[pick(names.length)] ?? ''
  const ours = `query Ours { __typename }`
  return (
    [
      operation(`an operation named ${operationName.slice(0, 16)}`, ours, BAD, { operationName }),
      operation(
        'variables that nobody declared',
        GOOD,
        { status: 200, code: null },
        {
          variables: JSON.parse(`{"__proto__":{"admin":true},"constructor":{"prototype":{}},"a":${pick(100)}}`),
        },
      ),
      operation('two operations and no name', `query A { __typename } query B { __typename }`, BAD),
    ][pick(3)] ?? operation('nothing', '', BAD)
  )
}

/** What a page in a browser could send unasked. */
function forgery(pick: Pick): Attack {
  const type =
    ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', null][pick(4)] ?? null
  const search = `?query=${encodeURIComponent(['mutation { place(price: 1) }', GOOD][pick(2)] ?? '')}`
  const text = JSON.stringify({ query: 'mutation { place(price: 1) }' })
  const plain: Attack = {
    name: `a form of ${type ?? 'no type'}`,
    kind: 'HTTP',
    ...(type === null ? {} : { headers: { 'content-type': type } }),
    body: text,
    ...BAD,
  }
  const get: Attack = { name: `GET ${search}`, kind: 'HTTP', method: 'GET', search, ...BAD }
  const put: Attack = { name: 'PUT', kind: 'HTTP', method: 'PUT', headers: JSON_TYPE, body: text, ...BAD, status: 405 }
  return [plain, get, put][pick(3)] ?? plain
}

function bytes(pick: Pick): Attack {
  const junk = new Uint8Array(1 + pick(500))
  for (let i = 0; i < junk.length; i++) junk[i] = pick(256)
  // A byte that no text begins with, so that it is JSON by no accident.
  junk[0] = 0xff
  return { name: `${junk.length} bytes of noise`, kind: 'HTTP', headers: JSON_TYPE, body: junk, ...BAD }
}
