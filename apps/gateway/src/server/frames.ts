/** RFC 6455, 5.2: the last frame of a message, and its only one, of text; a server masks nothing. */
const FINAL_TEXT = 0x81
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/** What goes before one message of text. @param length of the message, in bytes. @returns a character for each byte of it. */
export function textFrameHeader(length: number): string {
  if (length < LENGTH_IN_2_BYTES) return String.fromCharCode(FINAL_TEXT, length)
  if (length < 0x10000) return String.fromCharCode(FINAL_TEXT, LENGTH_IN_2_BYTES, length >>> 8, length & 0xff)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return String.fromCharCode(FINAL_TEXT, LENGTH_IN_8_BYTES, ...bytes)
}
