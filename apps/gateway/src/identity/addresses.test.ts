import { describe, expect, it } from 'vitest'
import { Addresses, networkOf } from './addresses.ts'

const from = (remoteAddress: string | undefined, forwarded?: string) => ({
  socket: { remoteAddress },
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
})

describe('the address of a request', () => {
  it("is the socket's, whatever its headers say", () => {
    const addresses = new Addresses([])
    expect(addresses.of(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9')
    expect(addresses.of(from('::ffff:203.0.113.9'))).toBe('203.0.113.9')
    expect(addresses.of(from('fe80::1%eth0'))).toBe('fe80::1')
    expect(addresses.of(from(undefined))).toBe('')
  })

  it('is the nearest that is no trusted proxy: what a client claims lies behind it', () => {
    const addresses = new Addresses(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])
    expect(addresses.of(from('10.1.2.3', '198.51.100.1'))).toBe('198.51.100.1')
    expect(addresses.of(from('127.0.0.1', '1.1.1.1, 198.51.100.1, 10.9.9.9'))).toBe('198.51.100.1')
    expect(addresses.of(from('2001:db8::5', '2001:db9::7'))).toBe('2001:db9::7')
    expect(addresses.of(from('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9')
  })

  it('is the last that can be read, where a header cannot', () => {
    const addresses = new Addresses(['127.0.0.1'])
    for (const header of ['', ' ', 'unknown', 'a, b', '1.2.3.4\tx', '1.2.3', '<script>', ','])
      expect(addresses.of(from('127.0.0.1', header))).toBe('127.0.0.1')
  })

  it('of IPv6 counts by its network', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64')
    expect(networkOf('2001:0db8:0001:0002::ffff')).toBe('2001:db8:1:2::/64')
    expect(networkOf('::1')).toBe('0:0:0:0::/64')
    expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
  })

  it('cannot be told with proxies that are no addresses', () => {
    for (const proxy of ['proxy.example', '10.0.0.0/x', '', '10.0.0'])
      expect(() => new Addresses([proxy])).toThrow('no address')
  })
})
