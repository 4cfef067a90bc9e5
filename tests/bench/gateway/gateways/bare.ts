import { createServer } from 'node:http'
import { HeaderMap } from '@apollo/server'
import { pino } from 'pino'
import { startApollo } from '../../../../apps/gateway/src/server/apollo.ts'
import { Breaker } from '../../../../apps/gateway/src/upstreams/breaker.ts'
import { UpstreamDataSource } from '../../../../apps/gateway/src/upstreams/data-source.ts'
import { HttpUpstream } from '../../../../apps/gateway/src/upstreams/http.ts'
import { systemClock } from '../../../../packages/kernel/src/index.ts'
import { SUBGRAPHS } from '../operations.ts'
import { routedSupergraph } from './routed-supergraph.ts'

/** The product's executor and upstreams behind the least of a server: nobody is known, nothing limited, counted or written down. */
const [port, firstPort = 0] = process.argv.slice(2).map(Number)
const log = pino({ level: 'silent' })
const anonymous = { identity: null, authorization: () => null }
const sources = Object.fromEntries(
  SUBGRAPHS.map((name, index) => {
    const upstream = new HttpUpstream(name, `http://127.0.0.1:${firstPort + index}/graphql`)
    return [
      name,
      new UpstreamDataSource(upstream, {
        timeoutMs: 10_000,
        log,
        breaker: new Breaker(systemClock),
        retriesReads: true,
      }),
    ]
  }),
)
const { server } = await startApollo({
  supergraphSdl: routedSupergraph(firstPort),
  sources,
  log,
  onGraph: () => {},
  admit: ({ document }) => ({ planned: document, errors: [] }),
  plugins: [],
  studio: undefined,
  introspection: true,
})
createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const headers = new HeaderMap([['content-type', 'application/json']])
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    const answer = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => ({ caller: anonymous, requestId: 'bench' }),
    })
    for (const [name, value] of answer.headers) response.setHeader(name, value)
    response.statusCode = answer.status ?? 200
    response.end(answer.body.kind === 'complete' ? answer.body.string : '')
  })
}).listen(port, '127.0.0.1')
