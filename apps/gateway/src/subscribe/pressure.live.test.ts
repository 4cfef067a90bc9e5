import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RawSocket } from '../testing/raw-socket.ts'
import { until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

/** Of 200 kB each: more than the network between two ends of one machine holds. */
const MANY = 130
const wide = (field: string) => Array.from({ length: 25 }, (_, i) => `a${i}${'x'.repeat(8_000)}: ${field}`).join(' ')

let stage: Stage
const sockets: RawSocket[] = []
const greeted = async (authorization?: string) => {
  const socket = await RawSocket.greeted(stage.gateway.url, authorization ? { authorization } : {})
  sockets.push(socket)
  return socket
}
const turn = () => new Promise((resolve) => setImmediate(resolve))
const soon = async (condition: () => boolean) => {
  while (!condition()) await turn()
}

beforeAll(async () => {
  stage = await Stage.open('in process')
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close()
  const { steps, prices, fills } = stage.exchange
  await until(() => [steps, prices, fills].every(({ readerCount }) => readerCount === 0), 'nothing is left')
})
afterAll(() => stage?.close())

const stepSchema = z.object({
  payload: z.object({
    data: z.object({
      book: z.object({ kind: z.string(), sequence: z.number(), previousSequence: z.number().nullable() }),
    }),
  }),
})
const stepsOf = (socket: RawSocket, id: string) =>
  socket.of(id).map((message) => stepSchema.parse(message).payload.data.book)

describe('a socket that is not read', () => {
  it('goes on with the newest of a STATE, and holds up nobody who reads the same', async () => {
    const query = `subscription { ticker(symbol: "A") { price ${wide('price')} } }`
    const [asleep, awake] = [await greeted(), await greeted()]
    asleep.subscribe('1', query)
    awake.subscribe('1', query)
    await until(() => stage.exchange.prices.readerCount === 1, 'one upstream')
    await turn()
    asleep.pause()
    for (let price = 1; price <= MANY; price++) {
      stage.exchange.prices.push(price)
      await soon(() => awake.of('1').length === price)
    }
    asleep.resume()
    const last = () => JSON.stringify(asleep.of('1').at(-1) ?? null).includes(`"price":${MANY}`)
    await until(last, 'the newest')
    expect(asleep.of('1').length).toBeLessThan(MANY)
    expect(stage.exchange.prices.readerCount).toBe(1)
  })

  it('goes on with a fresh snapshot of a DELTA, while the others read every step', async () => {
    const query = `subscription { book(symbol: "A") { kind sequence previousSequence ${wide('sequence')} } }`
    const [asleep, awake] = [await greeted(), await greeted()]
    asleep.subscribe('1', query)
    awake.subscribe('1', query)
    await until(() => asleep.of('1').length === 1 && awake.of('1').length === 1, 'both snapshots')
    asleep.pause()
    for (let step = 1; step <= MANY; step++) {
      stage.exchange.step()
      await soon(() => awake.of('1').length === step + 1)
    }
    asleep.resume()
    await until(() => stepsOf(asleep, '1').at(-1)?.sequence === stage.exchange.sequence, 'the newest')
    stage.exchange.step()
    await until(() => stepsOf(asleep, '1').at(-1)?.sequence === stage.exchange.sequence, 'a step')
    await until(() => stage.exchange.steps.readerCount === 1, 'one upstream again')
    for (const socket of [asleep, awake]) {
      let at: number | null = null
      for (const { kind, sequence, previousSequence } of stepsOf(socket, '1')) {
        if (kind === 'DELTA') expect(previousSequence).toBe(at)
        at = sequence
      }
    }
    const kinds = stepsOf(asleep, '1').map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'SNAPSHOT')).toHaveLength(2)
    expect(kinds.slice(-2)).toEqual(['SNAPSHOT', 'DELTA'])
    expect(stepsOf(awake, '1').filter(({ kind }) => kind === 'SNAPSHOT')).toHaveLength(1)
  })

  it('is given every entry of a LOG up to the gap, and then the gap', async () => {
    const asleep = await greeted(`Bearer ${stage.issuer.token()}`)
    asleep.subscribe('1', `subscription { fills { number ${wide('number')} } }`)
    await until(() => stage.exchange.fills.readerCount === 1, 'the subscription')
    asleep.pause()
    for (let number = 1; number <= MANY; number++) {
      stage.exchange.fills.push(number)
      for (let i = 0; i < 5; i++) await turn()
    }
    await until(() => stage.exchange.fills.readerCount === 0, 'the end at the source')
    asleep.resume()
    await until(() => asleep.of('1').at(-1)?.type === 'error', 'the gap')
    const messages = asleep.of('1')
    expect(messages.at(-1)).toMatchObject({ payload: [{ extensions: { code: 'SUBSCRIPTION_GAP' } }] })
    const numbers = messages.slice(0, -1).map((message) => /"number":(\d+)/.exec(JSON.stringify(message))?.[1])
    expect(numbers).toEqual(numbers.map((_, i) => `${i + 1}`))
    expect(numbers.length).toBeGreaterThan(20)
  })

  it('is cut off where it asks and asks and reads no answer', async () => {
    const socket = await greeted()
    socket.pause()
    for (let i = 0; i < 80; i++) {
      socket.send({ id: `q${i}`, type: 'subscribe', payload: { query: `{ markets { ${wide('symbol')} } }` } })
      for (let j = 0; j < 5; j++) await turn()
    }
    const socketCount = async () => (await fetch(new URL('/metrics', stage.gateway.url))).text()
    await expect.poll(socketCount).toContain('gateway_sockets 0\n')
    socket.resume()
    await until(() => socket.closed !== null, 'the end')
    expect(socket.closed?.code).toBe(1006)
  })
})
