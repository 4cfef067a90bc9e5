import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/** Tells from which address a request comes: the socket's, or what a trusted proxy says of it. */
export class Addresses {
  readonly #trusted = new BlockList()
  readonly #trustsNone: boolean

  /** @param proxies addresses or networks such as `10.0.0.0/8`. @throws Error naming one that cannot be read. */
  constructor(proxies: readonly string[]) {
    this.#trustsNone = proxies.length === 0
    for (const proxy of proxies) {
      const [address = '', prefix] = proxy.split('/')
      const bits = Number(prefix ?? (isIPv6(address) ? 128 : 32))
      if (isIP(address) === 0 || !Number.isInteger(bits) || bits < 0)
        throw new Error(`${proxy} is no address or network`)
      this.#trusted.addSubnet(address, bits, familyOf(address))
    }
  }

  /** The nearest address that is no trusted proxy's. What a client writes into the header itself lies behind that. */
  of(
    request: Pick<IncomingMessage, 'headers'> & { readonly socket: { readonly remoteAddress?: string | undefined } },
  ): string {
    let address = plain(request.socket.remoteAddress ?? '')
    if (this.#trustsNone) return address
    const forwarded = request.headers['x-forwarded-for']
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
      .split(',')
      .map((hop) => plain(hop.trim()))
    while (this.#trusts(address)) {
      const next = hops.pop()
      if (next === undefined || isIP(next) === 0) break
      address = next
    }
    return address
  }

  #trusts(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, familyOf(address))
  }
}

/** Whom limits count together: a network hands a household or a machine an IPv6 prefix of 64 bits, and every address in it. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right].slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${groups.join(':')}::/64`
}

/** `::ffff:1.2.3.4` is how a socket for both families writes an IPv4 address. */
function plain(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address.replace(/%.*$/, '')
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
