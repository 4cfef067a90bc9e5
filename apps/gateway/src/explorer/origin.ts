import type { IncomingMessage } from 'node:http'

const HOST = /^[\w.:[\]-]+$/

export interface Origin {
  /** `http://host` or `https://host`. */
  readonly http: string
  /** `ws://host` or `wss://host`. */
  readonly ws: string
}

/** Where the browser sees the gateway, so that a page can name it; null where the host header, which is the caller's word, is no host. */
export function originOf(request: IncomingMessage): Origin | null {
  const { host } = request.headers
  if (host === undefined || !HOST.test(host)) return null
  const secure = request.headers['x-forwarded-proto'] === 'https'
  return { http: `${secure ? 'https' : 'http'}://${host}`, ws: `${secure ? 'wss' : 'ws'}://${host}` }
}
