import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { fault } from '../errors.ts'
import { respondFault, respondJson } from './respond.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void> | void

export interface Routes {
  /** By exact path, or by a prefix that ends with `/`. */
  readonly handlers: ReadonlyMap<string, Handler>
  readonly allowedOrigins: readonly string[]
  readonly log: Logger
}

/** One listener for all paths. No exception leaves it, and none reaches a client. */
export function listener({
  handlers,
  allowedOrigins,
  log,
}: Routes): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const path = pathOf(request)
    if (allowOrigin(request, response, allowedOrigins)) return
    const handler = handlers.get(path) ?? prefixHandler(handlers, path)
    if (!handler) return respondJson(response, 404, { error: 'There is nothing here. Try /graphql or /explorer.' })
    const failed = (error: Error) => {
      if (response.destroyed || request.destroyed) return
      log.error({ path, reason: error.message, stack: error.stack }, 'request failed')
      if (response.headersSent) response.destroy()
      else respondFault(response, fault('INTERNAL_SERVER_ERROR', 'The request failed.'))
    }
    handled(handler, request, response, path).catch(failed)
  }
}

/** What a handler throws at once is a rejection too. */
async function handled(handler: Handler, ...given: Parameters<Handler>): Promise<void> {
  return handler(...given)
}

/** Nearly every request's: nothing in it to decode or to leave out. */
const PLAIN_PATH = /^(?:\/[\w-]+)+$/

function pathOf(request: IncomingMessage): string {
  if (request.url !== undefined && PLAIN_PATH.test(request.url)) return request.url
  try {
    return decodeURIComponent(new URL(request.url ?? '/', 'http://gateway').pathname)
  } catch {
    return ''
  }
}

function prefixHandler(handlers: ReadonlyMap<string, Handler>, path: string): Handler | undefined {
  for (const [prefix, handler] of handlers)
    if (prefix.length > 1 && prefix.endsWith('/') && path.startsWith(prefix)) return handler
  return undefined
}

/** @returns whether the request was a preflight and is answered. Other origins than the listed get no word, so browsers stop them. */
function allowOrigin(request: IncomingMessage, response: ServerResponse, allowed: readonly string[]): boolean {
  const { origin } = request.headers
  const known = origin !== undefined && allowed.includes(origin)
  if (known) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('vary', 'origin')
  }
  if (request.method !== 'OPTIONS') return false
  if (known) {
    response.setHeader('access-control-allow-methods', 'GET, POST')
    response.setHeader(
      'access-control-allow-headers',
      'authorization, content-type, x-request-id, apollo-require-preflight',
    )
    response.setHeader('access-control-max-age', '600')
  }
  response.writeHead(204).end()
  return true
}
