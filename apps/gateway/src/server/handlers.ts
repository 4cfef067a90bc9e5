import { altairFiles, altairPage } from '../explorer/altair.ts'
import type { ExampleOperation } from '../explorer/operations.ts'
import { sandboxPage } from '../explorer/sandbox.ts'
import type { GraphqlEndpoint } from './graphql.ts'
import type { Health } from './health.ts'
import { respond, respondJson } from './respond.ts'
import type { Handler } from './routes.ts'

export interface HandlersOptions {
  /** Where GraphQL is served. */
  readonly path: string
  readonly endpoint: GraphqlEndpoint
  readonly examples: readonly ExampleOperation[]
  readonly health: () => Promise<Health>
  /** What is measured, with its content type. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
}

/** Everything that the gateway serves over HTTP, by path. */
export function handlersOf({
  path,
  endpoint,
  examples,
  health,
  metrics,
}: HandlersOptions): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    [
      path,
      (request, response) =>
        wantsPage(request.headers.accept, request.method) ? toExplorer(response) : endpoint.handle(request, response),
    ],
    ['/', (_, response) => toExplorer(response)],
    ['/explorer', altairPage(path, examples)],
    ['/explorer/', altairFiles],
    ['/sandbox', sandboxPage(path, examples[0]?.query ?? '{ __typename }')],
    ['/health/live', (_, response) => respondJson(response, 200, { status: 'live' })],
    [
      '/health/ready',
      async (_, response) => {
        const state = await health()
        respondJson(response, state.status === 'ready' || state.status === 'degraded' ? 200 : 503, state)
      },
    ],
    [
      '/metrics',
      async (_, response) => {
        const { type, text } = await metrics()
        respond(response, 200, type, text)
      },
    ],
  ])
}

function wantsPage(accept: string | undefined, method: string | undefined): boolean {
  return method === 'GET' && accept !== undefined && accept.includes('text/html')
}

function toExplorer(response: Parameters<Handler>[1]): void {
  response.writeHead(302, { location: '/explorer' }).end()
}
