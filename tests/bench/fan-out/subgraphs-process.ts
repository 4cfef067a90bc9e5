import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import { z } from 'zod'
import { Issuer } from '../../../apps/gateway/src/testing/issuer.ts'
import { serveOrders } from './children.ts'
import { BenchSubgraphs } from './subgraphs.ts'

/** The subgraphs, and the clock of their events. */
const subgraphs = new BenchSubgraphs()
let timer: NodeJS.Timeout | undefined

const orderSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('start') }),
  z.object({ do: z.literal('run'), perSecond: z.number(), noteLength: z.number().default(0) }),
  z.object({ do: z.literal('rest') }),
  z.object({ do: z.literal('readers') }),
])

serveOrders(orderSchema, async (order) => {
  if (order.do === 'start') {
    const issuer = new Issuer(systemClock)
    const keys = async () => issuer.jwks()
    const verifier = new TokenVerifier({ keys, revocations: async () => '{"revocations":[]}', clock: systemClock })
    await verifier.load()
    return subgraphs.start(verifier, issuer)
  }
  if (order.do === 'readers') return subgraphs.readerCount
  clearInterval(timer)
  if (order.do === 'rest') return null
  const startedAt = performance.now()
  let pushed = 0
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * order.perSecond)
    for (; pushed < due; pushed++) subgraphs.push(order.noteLength)
  }, 1)
  return null
})
