import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { z } from 'zod'
import { acceptEnforced } from '../../../apps/gateway/src/supergraph/enforced-specs.ts'
import { FederatedWorld } from '../../../apps/gateway/src/testing/federated-world.ts'
import { SUBGRAPHS } from './operations.ts'

const requestSchema = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).nullish() })

/** Four subgraphs that cost next to nothing: what was asked once is answered from memory, byte for byte. */
const supergraph = acceptEnforced(
  readFileSync(path.resolve(import.meta.dirname, '../../../supergraph.graphql'), 'utf8'),
)
const world = new FederatedWorld(supergraph, {
  entities: 100,
  elements: 10,
  scalars: {
    Decimal: (number) => `${61_000 + number}.63`,
    DateTime: (number) => `2024-08-08T23:54:14.${100 + number}Z`,
    Sequence: (number) => 1_000_000 + number,
  },
})
const [firstPort] = process.argv.slice(2).map(Number)

for (const [index, name] of SUBGRAPHS.entries()) {
  const known = new Map<string, Buffer>()
  const answerOf = (body: string): Buffer => {
    const { query, variables } = requestSchema.parse(JSON.parse(body))
    return Buffer.from(JSON.stringify(world.subgraph(name, query, variables ?? {})))
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const answer = known.get(body) ?? answerOf(body)
      known.set(body, answer)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen((firstPort ?? 0) + index, '127.0.0.1')
}
