import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Posted, ResponseReader } from './response-reader.ts'

/** Feeds an answer in pieces, each in memory that is used again. @returns what was read, the reader, and whether anything was left. */
function read(bytes: Buffer, cuts: readonly number[] = [], ends = false) {
  const reader = new ResponseReader()
  const edges = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
  let posted: Posted | null = null
  for (const [index, edge] of edges.slice(1).entries()) {
    const piece = Buffer.from(bytes.subarray(edges[index], edge))
    posted = reader.feed(piece) ?? posted
    piece.fill(0)
  }
  return { posted: posted ?? (ends ? reader.end() : null), reader }
}

const http = (...lines: string[]) => Buffer.from(lines.join('\r\n'))
const body = '{"data":{"name":"Zürich – 東京 🚀"}}'
const length = Buffer.byteLength(body)

const answers: [string, Buffer][] = [
  ['a length', http('HTTP/1.1 200 OK', 'Content-Type: application/json', `Content-Length: ${length}`, '', body)],
  [
    'chunks',
    http(
      'HTTP/1.1 200 OK',
      'transfer-encoding: chunked',
      '',
      `${length.toString(16).toUpperCase()};x=y`,
      body,
      '0',
      '',
      '',
    ),
  ],
  [
    'chunks and a trailer',
    http('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked', '', length.toString(16), body, '0', 'a: b', 'c: d', '', ''),
  ],
  [
    'an interim answer first',
    http('HTTP/1.1 103 Early Hints', 'link: x', '', `HTTP/1.1 200 OK`, `content-length: ${length}`, '', body),
  ],
]

describe('an answer with', () => {
  it.each(answers)('%s is read whole, however it is cut', (_, bytes) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (cuts) => {
        const { posted, reader } = read(bytes, cuts)
        expect(posted).toEqual({ status: 200, cacheControl: null, text: body })
        expect(reader.keepsAlive).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('neither length nor chunks ends with its connection', () => {
    const bytes = http('HTTP/1.1 200 OK', '', body)
    expect(read(bytes).posted).toBeNull()
    const { posted, reader } = read(bytes, [25, 30], true)
    expect(posted?.text).toBe(body)
    expect(reader.keepsAlive).toBe(false)
  })

  it('no content has no body', () => {
    expect(read(http('HTTP/1.1 204 No Content', '', '')).posted).toEqual({ status: 204, cacheControl: null, text: '' })
  })

  it.each([
    ['connection: close', 'HTTP/1.1', false],
    ['connection: keep-alive', 'HTTP/1.1', true],
    ['x: y', 'HTTP/1.0', false],
    ['connection: Keep-Alive', 'HTTP/1.0', true],
  ])('%s over %s says whether the connection stays', (header, version, stays) => {
    expect(read(http(`${version} 200 OK`, header, 'content-length: 2', '', '{}')).reader.keepsAlive).toBe(stays)
  })

  it('what else is wanted of its head', () => {
    const { posted, reader } = read(
      http(
        'HTTP/1.1 403 No',
        'Cache-Control: max-age=5',
        'cache-control: private',
        'Keep-Alive: timeout=5, max=9',
        'content-length: 0',
        '',
        '',
      ),
    )
    expect(posted).toEqual({ status: 403, cacheControl: 'max-age=5, private', text: '' })
    expect(reader.keepAliveMs).toBe(5_000)
  })
})

it.each([
  ['no HTTP', http('SSH-2.0-OpenSSH', '', '')],
  ['another version', http('HTTP/2 200 OK', '', '')],
  ['an upgrade', http('HTTP/1.1 101 Switching Protocols', '', '')],
  ['two lengths', http('HTTP/1.1 200 OK', 'content-length: 2', 'content-length: 3', '', '{}')],
  ['a length that is none', http('HTTP/1.1 200 OK', 'content-length: -2', '', '{}')],
  ['a length and chunks', http('HTTP/1.1 200 OK', 'content-length: 2', 'transfer-encoding: chunked', '', '{}')],
  ['an encoding that was not asked for', http('HTTP/1.1 200 OK', 'transfer-encoding: gzip', '', '{}')],
  ['a header without a name', http('HTTP/1.1 200 OK', ': 3', '', '{}')],
  ['more than its length', http('HTTP/1.1 200 OK', 'content-length: 2', '', '{}{}')],
  [
    'more than its chunks',
    http('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '2', '{}', '0', '', 'HTTP/1.1 200 OK'),
  ],
  [
    'a chunk that is longer than it says',
    http('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '1', '{}', '0', '', ''),
  ],
  ['a chunk without a size', http('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', 'x', '{}', '0', '', '')],
  ['a head without an end', Buffer.from(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}`)],
  ['a length beyond the limit', http('HTTP/1.1 200 OK', 'content-length: 99999999999', '', '')],
])('%s is refused', (_, bytes) => {
  expect(() => read(bytes)).toThrow()
})
