import { describe, expect, it } from 'vitest'
import { type DeviceInput, parseDevice } from './device.ts'

const good: DeviceInput = { name: 'Ann’s phone', platform: 'IOS', pushToken: 'fcm:APA91bF-_x' }
const faultOf = (change: Partial<DeviceInput>) => {
  const parsed = parseDevice({ ...good, ...change })
  return parsed.ok ? null : parsed.error.field
}

describe('a device', () => {
  it('is taken with a name and a push token', () => {
    expect(parseDevice({ ...good, name: ` ${good.name} ` })).toEqual({ ok: true, value: good })
  })

  it.each(['', '   ', 'x'.repeat(65), 'my\u0000phone'])('refuses %j as a name', (name) => {
    expect(faultOf({ name })).toBe('input.name')
  })

  it.each(['', ' ', 'two words', 'x'.repeat(513), 'naïve', 'a\nb'])('refuses %j as a push token', (pushToken) => {
    expect(faultOf({ pushToken })).toBe('input.pushToken')
  })
})
