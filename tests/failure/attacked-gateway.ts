import { Stage } from '../../apps/gateway/src/testing/stage.ts'

/** A gateway before three small subgraphs, as a process of its own: says where it is, and lives until its parent lets go of it. */
const stage = await Stage.open('in process')
process.stdout.write(`${JSON.stringify({ url: stage.gateway.url, authorization: `Bearer ${stage.issuer.token()}` })}\n`)
process.stdin.resume()
process.stdin.once('end', () => void stage.close().then(() => process.exit(0)))
