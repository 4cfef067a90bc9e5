import { expect, it } from 'vitest'
import { textFrame, textFrameHead } from './frames.ts'

/** What RFC 6455 reads in a frame. */
function read(frame: Buffer) {
  const [first = 0, second = 0] = frame
  const [size, length] =
    second === 127 ? [10, Number(frame.readBigUInt64BE(2))] : second === 126 ? [4, frame.readUInt16BE(2)] : [2, second]
  return { isFinal: first >> 7 === 1, opcode: first & 0x0f, length, text: String(frame.subarray(size)) }
}

it.each([0, 1, 100, 115, 116, 117, 1_000, 65_525, 65_526, 65_527, 200_000])(
  'a message whose longer part has %i characters is read as it was written',
  (characters) => {
    const [head, tail] = [Buffer.from('{"id":"ü"}'), Buffer.from('x'.repeat(characters))]
    const frame = textFrame(head, tail)
    expect(read(frame)).toEqual({ isFinal: true, opcode: 1, length: head.length + characters, text: `${head}${tail}` })
    expect(Buffer.concat([textFrameHead(head, tail.length), tail])).toEqual(frame)
    // The shortest form is the only one allowed.
    const headerSize = frame.length - head.length - tail.length
    expect(headerSize).toBe(head.length + characters < 126 ? 2 : head.length + characters < 65_536 ? 4 : 10)
  },
)
