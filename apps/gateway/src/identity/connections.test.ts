import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../limits/limits.ts'
import { Connections, type Holder, type Place } from './connections.ts'

const refused: string[] = []
let connections: Connections
beforeEach(() => {
  refused.length = 0
  connections = new Connections({ onRefused: (limit) => refused.push(limit) })
})

const nobody = (address: string): Holder => ({ userId: undefined, address })

/** As many places as there are, of at most a thousand. */
function fill(holder: Holder, from = connections): Place[] {
  const places: Place[] = []
  for (let i = 0; i < 1_000; i++) {
    const place = from.take(holder)
    if (!place.ok) break
    places.push(place.value)
  }
  return places
}

describe('an address holds, of those whom nobody knows,', () => {
  it('a bounded number of connections, and others theirs', () => {
    expect(fill(nobody('10.0.0.1'))).toHaveLength(limits.socketsPerAddress)
    expect(refused).toEqual(['socketsPerAddress'])
    expect(connections.take(nobody('10.0.0.1'))).toMatchObject({
      error: { extensions: { code: 'TOO_MANY_CONNECTIONS' } },
    })
    expect(fill(nobody('10.0.0.2'))).toHaveLength(limits.socketsPerAddress)
  })

  it('a place again for each that it lets go of, once', () => {
    const [first] = fill(nobody('10.0.0.1'))
    first?.release()
    first?.release()
    expect(fill(nobody('10.0.0.1'))).toHaveLength(1)
  })

  it('one number for all addresses of a household’s IPv6 network', () => {
    fill(nobody('2001:db8:1:2::1'))
    expect(connections.take(nobody('2001:db8:1:2:ffff::9')).ok).toBe(false)
    expect(connections.take(nobody('2001:db8:1:3::1')).ok).toBe(true)
  })

  it('more for load tests, and no fewer where rates are lowered', () => {
    expect(fill(nobody('10.0.0.1'), new Connections({ scale: 2 }))).toHaveLength(2 * limits.socketsPerAddress)
    expect(fill(nobody('10.0.0.1'), new Connections({ scale: 0.01 }))).toHaveLength(limits.socketsPerAddress)
  })
})

it('users are counted by themselves, wherever they come from', () => {
  fill(nobody('10.0.0.1'))
  expect(fill({ userId: 'usr_1', address: '10.0.0.1' })).toHaveLength(limits.socketsPerUser)
  expect(connections.take({ userId: 'usr_1', address: '10.0.0.2' }).ok).toBe(false)
  expect(connections.take({ userId: 'usr_2', address: '10.0.0.1' }).ok).toBe(true)
  expect(refused).toEqual(['socketsPerAddress', 'socketsPerUser', 'socketsPerUser'])
})
