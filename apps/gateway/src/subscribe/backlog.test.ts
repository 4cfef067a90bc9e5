import { expect, it } from 'vitest'
import { Payload } from './backlog.ts'

it.each(['{"name":"BTC"}', '{"name":"Zürich"}', '{"name":"€ 日本 🙂"}'])(
  '%s is the same as bytes and as a text of bytes',
  (result) => {
    const payload = new Payload(result)
    expect(String(payload.bytes)).toBe(`${result}}`)
    expect(Buffer.from(payload.byteText, 'latin1')).toEqual(payload.bytes)
  },
)
