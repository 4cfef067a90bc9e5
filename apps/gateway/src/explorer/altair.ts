import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { getDistDirectory, isSandboxFrame, renderAltair, SANDBOX_FRAME_CSP } from 'altair-static'
import { respond, respondJson } from '../server/respond.ts'
import type { Handler } from '../server/routes.ts'
import type { ExampleOperation } from './operations.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

/** Altair from the installed package: works without a connection to anywhere. Each operation is a tab. */
export function altairPage(endpoint: string, operations: readonly ExampleOperation[]): Handler {
  const html = (request: Parameters<Handler>[0]) => {
    const socket = `ws://${request.headers.host ?? 'localhost'}${endpoint}`
    const window = {
      endpointURL: endpoint,
      subscriptionsEndpoint: socket,
      initialSubscriptionRequestHandlerId: 'graphql-ws' as const,
    }
    return renderAltair({
      baseURL: '/explorer/',
      ...window,
      preserveState: false,
      initialWindows: operations.map(({ title, query, variables }) => ({
        ...window,
        initialName: title,
        initialQuery: query,
        initialVariables: variables,
      })),
      initialSettings: { theme: 'dark', 'alert.disableUpdateNotification': true, 'banners.disable': true },
    })
  }
  return (request, response) =>
    respond(response, 200, 'text/html; charset=utf-8', html(request), { 'cache-control': 'no-cache' })
}

/** Altair's files. Only what lies in its folder is served. */
export const altairFiles: Handler = async (_request, response, requested) => {
  const folder = path.resolve(getDistDirectory())
  const file = path.resolve(folder, requested.replace(/^\/explorer\//, ''))
  const content =
    file.startsWith(folder + path.sep) && !file.includes('\0') ? await readFile(file).catch(() => null) : null
  if (!content) return respondJson(response, 404, { error: 'The explorer has no such file.' })
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream'
  respond(response, 200, type, content, {
    'cache-control': 'public, max-age=3600',
    ...(isSandboxFrame(file) ? { 'content-security-policy': SANDBOX_FRAME_CSP } : {}),
  })
}
