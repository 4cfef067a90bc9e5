import { expect, it } from 'vitest'
import { textFrameHeader } from './frames.ts'

/** What RFC 6455 reads in a frame. */
function read(frame: Buffer) {
  const [first = 0, second = 0] = frame
  const [size, length] =
    second === 127 ? [10, Number(frame.readBigUInt64BE(2))] : second === 126 ? [4, frame.readUInt16BE(2)] : [2, second]
  return { isFinal: first >> 7 === 1, opcode: first & 0x0f, isMasked: second > 127, length, size }
}

it.each([0, 1, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 200_000, 2 ** 32 + 1])(
  'a message of %i bytes is announced in the shortest form, the only one allowed',
  (length) => {
    const header = Buffer.from(textFrameHeader(length), 'latin1')
    expect(read(header)).toEqual({ isFinal: true, opcode: 1, isMasked: false, length, size: header.length })
    expect(header.length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  },
)
