import type { Pick } from '../random-operation.ts'
import { type Attack, times } from './attack.ts'

const BODY = '{"query":"{ __typename }"}'

/** Bytes that no HTTP client would send. `{host}` stands for the gateway's. */
export function connectionAttacks(pick: Pick): Attack[] {
  return times(200, () => raw(pick))
}

function raw(pick: Pick): Attack {
  const post = (headers: string, body = BODY) =>
    `POST /graphql HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const upgrade = (headers: string) =>
    `GET /graphql HTTP/1.1\r\nhost: gateway\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`
  const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n'
  const id = `evil-${pick(1_000)}`
  const answers: Omit<Extract<Attack, { kind: 'RAW' }>, 'kind'>[] = [
    {
      name: 'an id with a line of its own',
      bytes: post(`x-request-id: a\r\n ${id}: 1\r\n`),
      answer: /^HTTP\/1\.1 (400|200)/,
      never: new RegExp(`^${id}`, 'mi'),
    },
    {
      name: 'an id with half a line break',
      bytes: post(`x-request-id: a\n${id}: 1\r\n`),
      answer: /^HTTP\/1\.1 (400|200)/,
      never: new RegExp(`^${id}`, 'mi'),
    },
    { name: 'an id with a null in it', bytes: post(`x-request-id: a\u0000${id}\r\n`), answer: /^HTTP\/1\.1 400/ },
    {
      name: 'an oversized id',
      bytes: post(`x-request-id: ${id.repeat(100)}\r\n`),
      answer: /^HTTP\/1\.1 200/,
      never: new RegExp(id),
    },
    {
      name: 'an id of markup',
      bytes: post(`x-request-id: <script>${id}</script>\r\n`),
      answer: /^HTTP\/1\.1 200/,
      never: new RegExp(id),
    },
    {
      name: 'headers beyond all measure',
      bytes: post(`x-long: ${'x'.repeat(20_000 + pick(50_000))}\r\n`),
      answer: /^HTTP\/1\.1 431/,
    },
    {
      name: 'thousands of headers',
      bytes: post(times(3_000 + pick(1_000), (i) => `h${i}: 1\r\n`).join('')),
      answer: /^HTTP\/1\.1 (431|200|400)/,
    },
    { name: 'two lengths', bytes: post(`content-length: ${pick(5)}\r\n`), answer: /^HTTP\/1\.1 400/ },
    { name: 'a length and chunks', bytes: post('transfer-encoding: chunked\r\n'), answer: /^HTTP\/1\.1 400/ },
    {
      name: 'a length below zero',
      bytes: `POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: -${1 + pick(99)}\r\n\r\n`,
      answer: /^HTTP\/1\.1 400/,
    },
    {
      name: 'chunks of no size',
      bytes: 'POST /graphql HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      answer: /^HTTP\/1\.1 400/,
    },
    { name: 'no host', bytes: `POST /graphql HTTP/1.1\r\ncontent-length: 0\r\n\r\n`, answer: /^HTTP\/1\.1 400/ },
    {
      name: 'no HTTP',
      bytes: `${'\u0016\u0003\u0001'}${'x'.repeat(1 + pick(200))}\r\n\r\n`,
      answer: /^HTTP\/1\.1 400/,
    },
    {
      name: 'a method that nobody knows',
      bytes: 'STEAL /graphql HTTP/1.1\r\nhost: a\r\n\r\n',
      answer: /^HTTP\/1\.1 400/,
    },
    {
      name: 'a path out of the house',
      bytes: `GET /explorer/${'../'.repeat(1 + pick(9))}etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
      answer: /^HTTP\/1\.1 (404|400)/,
      never: /root:/,
    },
    {
      name: 'a hidden path out of the house',
      bytes: `GET /explorer/${'%2e%2e%2f'.repeat(1 + pick(9))}etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
      answer: /^HTTP\/1\.1 (404|400)/,
      never: /root:/,
    },
    {
      name: 'a socket elsewhere',
      bytes: upgrade(key).replace('/graphql', `/graphql${pick(9)}`),
      answer: /^HTTP\/1\.1 404/,
    },
    {
      name: 'a socket from another origin',
      bytes: upgrade(`${key}origin: http://evil${pick(99)}.example\r\n`),
      answer: /^HTTP\/1\.1 403/,
    },
    { name: 'a socket without a key', bytes: upgrade('sec-websocket-version: 13\r\n'), answer: /^HTTP\/1\.1 400/ },
    {
      name: 'a socket of another version',
      bytes: upgrade(key.replace('13', `${20 + pick(50)}`)),
      answer: /^HTTP\/1\.1 (400|426)/,
    },
    {
      name: 'frames that are not masked',
      bytes: `${upgrade(`${key}sec-websocket-protocol: graphql-transport-ws\r\n`)}\u0001\u0005hello`,
      answer: /^HTTP\/1\.1 101/,
    },
  ]
  const attack = answers[pick(answers.length)] ?? answers[0]
  return { kind: 'RAW', name: '', bytes: '', answer: /^/, ...attack }
}
