import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { getDistDirectory, isSandboxFrame, renderAltair, SANDBOX_FRAME_CSP } from 'altair-static'
import { respond, respondJson } from '../server/respond.ts'
import type { Handler } from '../server/routes.ts'
import type { ExampleOperation } from './operations.ts'
import { type Origin, originOf } from './origin.ts'

/** How the first line of an operation says that it needs a token. */
const NEEDS_TOKEN = /^# Needs a\b/

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

/** After an operation that gives an access token: the tabs that need one have it. Runs in Altair's sandboxed frame. */
const KEEP_TOKEN = `const { body } = altair.response
const text = typeof body === 'string' ? body : JSON.stringify(body)
const [, token] = /"accessToken":\\s*"([^"]+)"/.exec(text) ?? []
if (token) altair.helpers.setEnvironment('token', token, true)`
const SESSION = {
  activeSubEnvironment: 'session',
  base: { variables: {} },
  subEnvironments: [{ id: 'session', title: 'Session', variables: { token: '' } }],
}
/** Altair keeps an editor for every event: ten books a second would bring the browser down. */
const PACE = { maxEventsPerSecond: 2 }
const WITH_TOKEN = { authorization: 'Bearer {{token}}' }
/** Altair opens on the tab that was added last; people begin with the first. */
const OPEN_FIRST_TAB = `<script type="module">
const opening = setInterval(() => {
  const tab = document.querySelector('.window-switcher__item')
  if (tab) clearInterval(opening)
  tab?.click()
}, 50)
</script>`

/** Altair from the installed package: works without a connection to anywhere. Each operation is a tab. */
export function altairPage(endpoint: string, operations: readonly ExampleOperation[]): Handler {
  const html = (origin: Origin) => {
    const window = {
      endpointURL: origin.http + endpoint,
      subscriptionsEndpoint: origin.ws + endpoint,
      initialSubscriptionRequestHandlerId: 'graphql-ws' as const,
    }
    const page = renderAltair({
      baseURL: '/explorer/',
      ...window,
      preserveState: false,
      initialEnvironments: SESSION,
      initialWindows: operations.map(({ title, query, variables }) => ({
        ...window,
        initialName: title,
        initialQuery: query,
        initialVariables: variables,
        ...(query.includes('accessToken') ? { initialPostRequestScript: KEEP_TOKEN } : {}),
        initialSubscriptionsPayload: NEEDS_TOKEN.test(query) ? { ...PACE, ...WITH_TOKEN } : PACE,
        ...(NEEDS_TOKEN.test(query) ? { initialHeaders: WITH_TOKEN } : {}),
      })),
      initialSettings: { theme: 'dark', 'alert.disableUpdateNotification': true, 'banners.disable': true },
    })
    return page.replace('</body>', () => `${OPEN_FIRST_TAB}</body>`)
  }
  return (request, response) => {
    const origin = originOf(request)
    if (!origin) return respondJson(response, 400, { error: 'The host header is not a host.' })
    respond(response, 200, 'text/html; charset=utf-8', html(origin), { 'cache-control': 'no-cache' })
  }
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
