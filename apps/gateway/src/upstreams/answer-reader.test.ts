import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerTooLarge } from './answer-body.ts'
import { AnswerReader, type Posted } from './answer-reader.ts'

const BODY = '{"data":{"name":"Zoë 🚀"}}'
const LENGTH = Buffer.byteLength(BODY)
const KEPT = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nKeep-Alive: timeout=5\r\n'

/** Reads it as it comes in these pieces; what has no length ends with the connection. */
function readAll(pieces: readonly Buffer[], maxBytes = 65_536): Posted {
  const reader = new AnswerReader(maxBytes)
  // What is read into is written over by the next: nothing of it may be kept.
  const shared = Buffer.alloc(65_536)
  for (const [index, piece] of pieces.entries()) {
    const bytes = shared.subarray(0, piece.copy(shared))
    const answer = reader.read(bytes)
    bytes.fill(0)
    // A connection refuses what comes then: nobody has asked for it.
    if (answer && index < pieces.length - 1) throw new Error('there is more')
    if (answer) return answer
  }
  return reader.end()
}
const read = (text: string) => readAll([Buffer.from(text)])

function splitAt(text: string, places: readonly number[]): Buffer[] {
  const whole = Buffer.from(text)
  const cuts = [...new Set(places.map((place) => place % whole.length))].sort((a, b) => a - b)
  return [...cuts, whole.length]
    .map((cut, index) => whole.subarray(cuts[index - 1] ?? 0, cut))
    .filter((piece) => piece.length > 0)
}

describe('an answer', () => {
  it.each([
    ['with its length', `${KEPT}Content-Length: ${LENGTH}\r\n\r\n${BODY}`, 5_000],
    [
      'in chunks',
      `${KEPT}Transfer-Encoding: chunked\r\n\r\n5;of=2\r\n${BODY.slice(0, 5)}\r\n${(LENGTH - 5).toString(16)}\r\n${BODY.slice(5)}\r\n0\r\nX-Sum: 1\r\n\r\n`,
      5_000,
    ],
    ['that ends with the connection', `${KEPT}\r\n${BODY}`, 0],
    [
      'after early hints',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${KEPT}Content-Length: ${LENGTH}\r\n\r\n${BODY}`,
      5_000,
    ],
    ['of a server that closes', `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${LENGTH}\r\n\r\n${BODY}`, 0],
    ['of an old server', `HTTP/1.0 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n${BODY}`, 0],
    [
      'of a server that says nothing of the connection',
      `HTTP/1.1 200\r\ncontent-length:${LENGTH}\r\n\r\n${BODY}`,
      Number.POSITIVE_INFINITY,
    ],
  ])('%s is the same however it is split', (_, text, keptMs) => {
    const expected = { status: 200, cacheControl: null, keptMs, text: BODY }
    expect(read(text)).toEqual(expected)
    expect(readAll(splitAt(text, Array.from(Buffer.from(text).keys())))).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 4 }), (places) => {
        expect(readAll(splitAt(text, places))).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  it('tells its status and how long it may be kept', () => {
    const text =
      'HTTP/1.1 403 Forbidden\r\ncache-control: private\r\nCache-Control: max-age=5\r\ncontent-length: 2\r\n\r\nno'
    expect(read(text)).toMatchObject({ status: 403, cacheControl: 'private, max-age=5', text: 'no' })
  })

  it('without content is empty', () => {
    expect(read('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, text: '' })
    expect(read('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')).toMatchObject({ text: '' })
  })
})

describe('what is no answer, or could be read in two ways, is refused:', () => {
  const answer = (fields: string, body = '') => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n'],
    ['HTTP of another age', 'HTTP/2 200\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['two lengths', answer('content-length: 2\r\ncontent-length: 3', 'abc')],
    ['a list of lengths', answer('content-length: 2, 2', 'ab')],
    ['a negative length', answer('content-length: -1')],
    ['a length in hexadecimal', answer('content-length: 0x2', 'ab')],
    ['a length beside chunks', answer('content-length: 2\r\ntransfer-encoding: chunked', '2\r\nab\r\n0\r\n\r\n')],
    ['another encoding', answer('transfer-encoding: gzip, chunked', '0\r\n\r\n')],
    ['a compressed answer', answer('content-encoding: gzip\r\ncontent-length: 1', 'x')],
    ['a line that is no header', answer('content-length 2', 'ab')],
    ['a blank before the colon', answer('content-length : 2', 'ab')],
    ['a header in two lines', answer('x-a: 1\r\n  2\r\ncontent-length: 2', 'ab')],
    ['more than it says', answer('content-length: 2', 'abc')],
    ['a second answer behind it', answer('content-length: 2', 'abHTTP/1.1 200 OK\r\n\r\n')],
    ['more behind its chunks', answer('transfer-encoding: chunked', '0\r\n\r\nx')],
    ['a chunk without a size', answer('transfer-encoding: chunked', '\r\nab\r\n0\r\n\r\n')],
    ['a chunk of negative size', answer('transfer-encoding: chunked', '-2\r\nab\r\n0\r\n\r\n')],
    ['a chunk longer than it says', answer('transfer-encoding: chunked', '2\r\nabc\r\n0\r\n\r\n')],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`],
    ['a size without end', answer('transfer-encoding: chunked', '1'.repeat(20_000))],
    ['a trailer without end', answer('transfer-encoding: chunked', `0\r\n${'x: y\r\n'.repeat(5_000)}`)],
    ['less than it says', answer('content-length: 3', 'ab')],
    ['chunks without an end', answer('transfer-encoding: chunked', '2\r\nab\r\n')],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(() => read(text)).toThrow()
    expect(() => readAll(splitAt(text || ' ', [1, 7, 19, 40, 41]))).toThrow()
  })
})

describe('an answer of more than is read', () => {
  const head = 'HTTP/1.1 200 OK\r\n'
  const chunks = (count: number) => '1\r\nx\r\n'.repeat(count)

  it('is not waited for where it tells its length', () => {
    expect(() => readAll([Buffer.from(`${head}content-length: 1001\r\n\r\n`)], 1_000)).toThrow(AnswerTooLarge)
    expect(readAll([Buffer.from(`${head}content-length: 1000\r\n\r\n${'x'.repeat(1_000)}`)], 1_000).text).toHaveLength(
      1_000,
    )
  })

  it.each([
    ['in chunks', `${head}transfer-encoding: chunked\r\n\r\n`, chunks(1_000), chunks(1)],
    ['that ends with the connection', `${head}\r\n`, 'x'.repeat(1_000), 'x'],
  ])('%s is refused at the first byte beyond', (_, start, most, beyond) => {
    const reader = new AnswerReader(1_000)
    expect(reader.read(Buffer.from(start + most))).toBeNull()
    expect(() => reader.read(Buffer.from(beyond))).toThrow(AnswerTooLarge)
  })
})
