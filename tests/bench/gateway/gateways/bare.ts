import { createServer } from 'node:http'
import { pino } from 'pino'
import { KnownOperations } from '../../../../apps/gateway/src/operations/known.ts'
import { postedIn } from '../../../../apps/gateway/src/operations/request.ts'
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
const { answers } = await startApollo({
  supergraphSdl: routedSupergraph(firstPort),
  sources,
  log,
  onGraph: () => {},
  admit: ({ document }) => ({ planned: document, errors: [] }),
  known: new KnownOperations(),
  answered: () => {},
  studio: undefined,
  introspection: true,
})
createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    const posted = postedIn('POST', 'application/json', body)
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, search: '', body, posted }
    const answer = await answers.answer(asked, { caller: anonymous, requestId: 'bench' })
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
    response.end(answer.body)
  })
}).listen(port, '127.0.0.1')
