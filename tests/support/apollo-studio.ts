import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { Report } from '@apollo/usage-reporting-protobuf'
import { z } from 'zod'

const uplinkRequest = z.object({
  query: z.string(),
  variables: z.object({ apiKey: z.string(), ref: z.string(), ifAfterId: z.string().nullish() }),
})

export interface StudioAccount {
  readonly key: string
  readonly graphRef: string
}

/**
 * Apollo Studio as a gateway sees it: Uplink (GraphQL: `routerConfig`) and the ingress of usage reports (gzipped protobuf), which take one
 * account's key and refuse any other.
 */
export class ApolloStudio {
  readonly reports: Report[] = []
  /** Requests to Uplink. */
  asked = 0
  readonly #account: StudioAccount
  readonly #server: Server
  #launch = 1
  #supergraphSdl: string

  private constructor(account: StudioAccount, supergraphSdl: string) {
    this.#account = account
    this.#supergraphSdl = supergraphSdl
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(500).end())
    })
  }

  static async open(account: StudioAccount, supergraphSdl: string): Promise<ApolloStudio> {
    const studio = new ApolloStudio(account, supergraphSdl)
    await new Promise<void>((resolve) => studio.#server.listen(0, '127.0.0.1', resolve))
    return studio
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the studio does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** As after `rover subgraph publish`: the next who asks gets it. */
  launch(supergraphSdl: string): void {
    this.#launch++
    this.#supergraphSdl = supergraphSdl
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (request.url === '/uplink') return this.#uplink(body, response)
    if (request.url === '/api/ingress/traces') return this.#ingest(request, body, response)
    response.writeHead(404).end()
  }

  #uplink(body: Buffer, response: ServerResponse): void {
    const { apiKey, ref, ifAfterId } = uplinkRequest.parse(JSON.parse(body.toString())).variables
    this.asked++
    const id = `launch-${this.#launch}`
    const routerConfig =
      apiKey !== this.#account.key || ref !== this.#account.graphRef
        ? { __typename: 'FetchError', code: 'AUTHENTICATION_FAILED', message: 'The key is not one of this graph.' }
        : ifAfterId === id
          ? { __typename: 'Unchanged', id, minDelaySeconds: 0.05 }
          : { __typename: 'RouterConfigResult', id, supergraphSdl: this.#supergraphSdl, minDelaySeconds: 0.05 }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { routerConfig } }))
  }

  #ingest(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    if (request.headers['x-api-key'] !== this.#account.key) {
      response.writeHead(401).end()
      return
    }
    this.reports.push(Report.decode(gunzipSync(body)))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"tracesIgnored":false}')
  }
}
