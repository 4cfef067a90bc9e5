import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { Payload } from '../subscribe/backlog.ts'
import { SharedFrames, textFrameHeader } from './frames.ts'

/** What RFC 6455 reads in a frame. */
function read(frame: Buffer) {
  const [first = 0, second = 0] = frame
  const [size, length] =
    second === 127 ? [10, Number(frame.readBigUInt64BE(2))] : second === 126 ? [4, frame.readUInt16BE(2)] : [2, second]
  return { isFinal: first >> 7 === 1, opcode: first & 0x0f, isMasked: second > 127, length, size }
}

/** A stream that keeps what it is given as it is: all of it at once, or one piece at each `take`. */
class Pieces extends Writable {
  readonly #isQuick: boolean
  #taken: (() => void) | null = null
  readonly texts: string[] = []

  constructor(isQuick: boolean) {
    super()
    this.#isQuick = isQuick
  }

  override _write(frame: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      const { size, length } = read(frame)
      expect(frame.length).toBe(size + length)
      this.texts.push(String(frame.subarray(size)))
      done()
    }
    if (this.#isQuick) take()
    else this.#taken = take
  }

  take(): void {
    this.#taken?.()
  }
}

it.each([0, 1, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 200_000, 2 ** 32 + 1])(
  'a message of %i bytes is announced in the shortest form, the only one allowed',
  (length) => {
    const header = Buffer.from(textFrameHeader(length), 'latin1')
    expect(read(header)).toEqual({ isFinal: true, opcode: 1, isMasked: false, length, size: header.length })
    expect(header.length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  },
)

it.each(['{"name":"BTC"}', '{"name":"Zürich"}', '{"name":"€ 日本 🙂"}'])(
  '%s comes to every socket behind its own head, of whatever length',
  (result) => {
    const frames = new SharedFrames()
    const payload = new Payload(result)
    const heads = ['<1>', '<2>', '<ü>', '<long one>', '<3>', '<late ü1>']
    const streams = heads.map(() => new Pieces(true))
    for (const [index, head] of heads.entries())
      frames.send(streams[index] ?? new Pieces(true), Buffer.from(head), payload)
    expect(streams.map(({ texts }) => texts)).toEqual(heads.map((head) => [`${head}${result}}`]))
  },
)

it('a socket that cannot send a frame at once keeps it, whatever others are sent meanwhile', () => {
  const frames = new SharedFrames()
  const [slow, quick] = [new Pieces(false), new Pieces(true)]
  for (const text of ['first', 'second']) {
    const payload = new Payload(text)
    frames.send(slow, Buffer.from('<slow>'), payload)
    frames.send(quick, Buffer.from('<quik>'), payload)
    frames.send(slow, Buffer.from('<late>'), payload)
    frames.send(quick, Buffer.from('<qick>'), payload)
  }
  for (let piece = 0; piece < 4; piece++) slow.take()
  expect(slow.texts).toEqual(['<slow>first}', '<late>first}', '<slow>second}', '<late>second}'])
  expect(quick.texts).toEqual(['<quik>first}', '<qick>first}', '<quik>second}', '<qick>second}'])
})
