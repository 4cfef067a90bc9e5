import { expect, it } from 'vitest'
import { Payload } from './backlog.ts'

it.each(['{"name":"BTC"}', '{"name":"Zürich"}', '{"name":"€ 日本 🙂"}'])('%s is the same as bytes', (result) => {
  expect(String(new Payload(result).bytes)).toBe(`${result}}`)
})
