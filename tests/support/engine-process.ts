// node engine-process.ts DATABASE_URL FROM PROJECTED_THROUGH: runs an engine under a load of `nthOrder`s until it is killed.
// Prints `READY`, then `n orderId sequence` for each order that was acknowledged.
import { nthOrder, observedEngine, opening } from './engine.ts'

const [databaseUrl, from, projectedThrough] = process.argv.slice(2)
const STREAMS = 50

const { client } = await observedEngine(databaseUrl!, { projectedThrough: Number(projectedThrough) })
await client.submit(opening)
process.stdout.write('READY\n')
let next = Number(from)
await Promise.all(
  Array.from({ length: STREAMS }, async () => {
    for (;;) {
      const n = next++
      const [ack] = await client.submit([nthOrder(n)])
      // Standard output is a pipe, and written before the next line runs: what is printed was acknowledged before the kill.
      if (ack?.kind === 'PLACED') process.stdout.write(`${n} ${ack.order.orderId} ${ack.order.engineSequence}\n`)
    }
  }),
)
