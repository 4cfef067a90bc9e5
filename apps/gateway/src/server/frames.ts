/** RFC 6455, 5.2: the last frame of a message, and its only one, of text; a server masks nothing. */
const FINAL_TEXT = 0x81
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/** One message of text, in one piece. @param head and @param tail are its UTF-8, one after the other. */
export function textFrame(head: Uint8Array, tail: Uint8Array): Buffer {
  const length = head.length + tail.length
  const offset = headerSize(length)
  const frame = Buffer.allocUnsafe(offset + length)
  writeHeader(frame, length)
  frame.set(head, offset)
  frame.set(tail, offset + head.length)
  return frame
}

/** The beginning of one message of text, to be followed by `tailLength` more bytes of it. */
export function textFrameHead(head: Uint8Array, tailLength: number): Buffer {
  const length = head.length + tailLength
  const offset = headerSize(length)
  const frame = Buffer.allocUnsafe(offset + head.length)
  writeHeader(frame, length)
  frame.set(head, offset)
  return frame
}

function headerSize(length: number): 2 | 4 | 10 {
  return length < LENGTH_IN_2_BYTES ? 2 : length < 0x10000 ? 4 : 10
}

function writeHeader(frame: Buffer, length: number): void {
  frame[0] = FINAL_TEXT
  const size = headerSize(length)
  if (size === 2) frame[1] = length
  else if (size === 4) {
    frame[1] = LENGTH_IN_2_BYTES
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_IN_8_BYTES
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
}
