import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../limits/limits.ts'
import { RawSocket } from '../testing/raw-socket.ts'
import { until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

const TICKER = 'subscription { ticker(symbol: "A") { price } }'
const BOOK = 'subscription { book(symbol: "A") { kind sequence previousSequence } }'

let stage: Stage
const sockets: RawSocket[] = []
const open = async (protocol?: string | null) => {
  const socket = new RawSocket(stage.gateway.url, protocol)
  sockets.push(socket)
  await socket.opened()
  return socket
}
const greeted = async () => {
  const socket = await RawSocket.greeted(stage.gateway.url)
  sockets.push(socket)
  return socket
}
const isClosed = async (socket: RawSocket) => {
  await until(() => socket.closed !== null, 'the close')
  return socket.closed
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

describe('graphql-transport-ws', () => {
  it.each([
    ['a socket of no protocol', null, [], 4406],
    ['a message that is not JSON', undefined, ['{'], 4400],
    ['a message of no known type', undefined, [{ type: 'start', id: '1' }], 4400],
    ['a message that is binary junk', undefined, [Buffer.from([0, 255, 254])], 4400],
    ['a subscription without an id', undefined, [{ type: 'subscribe', payload: { query: TICKER } }], 4400],
    ['a subscription without a payload', undefined, [{ type: 'subscribe', id: '1' }], 4400],
    [
      'a subscription before the greeting',
      undefined,
      [{ id: '1', type: 'subscribe', payload: { query: TICKER } }],
      4401,
    ],
    ['a second greeting', undefined, [{ type: 'connection_init' }, { type: 'connection_init' }], 4429],
    ['a frame that is too long', undefined, ['x'.repeat(limits.bodyBytes + 1)], 1009],
  ])('closes %s', async (_, protocol, messages, code) => {
    const socket = await open(protocol)
    for (const message of messages) socket.send(message)
    expect(await isClosed(socket)).toMatchObject({ code })
  })

  it('closes a socket that does not greet', async () => {
    const socket = await open()
    expect(await isClosed(socket)).toMatchObject({ code: 4408 })
  })

  it('closes a socket that uses the id of a subscription twice', async () => {
    const socket = await greeted()
    socket.subscribe('1', TICKER)
    socket.subscribe('1', BOOK)
    expect(await isClosed(socket)).toMatchObject({ code: 4409 })
  })

  it('answers a ping with what it carried', async () => {
    const socket = await open()
    socket.send({ type: 'ping', payload: { beat: 7 } })
    await until(() => socket.messages.length === 1, 'the pong')
    expect(socket.messages).toEqual([{ type: 'pong', payload: { beat: 7 } }])
  })

  it('takes the end of what never was for nothing, and an id again when its subscription has ended', async () => {
    const socket = await greeted()
    socket.send({ id: 'never', type: 'complete' })
    for (let round = 1; round <= 3; round++) {
      socket.subscribe('1', BOOK)
      await until(() => socket.of('1').length === round, 'the snapshot')
      socket.send({ id: '1', type: 'complete' })
      await until(() => stage.exchange.steps.readerCount === 0, 'the end at the source')
    }
    expect(socket.closed).toBeNull()
  })

  it('lets nothing live on that is ended before it has begun', async () => {
    const socket = await greeted()
    for (let i = 0; i < 50; i++) {
      socket.subscribe(`${i}`, BOOK)
      socket.send({ id: `${i}`, type: 'complete' })
    }
    socket.send({ type: 'ping' })
    await until(() => socket.messages.some(({ type }) => type === 'pong'), 'the pong')
    await until(() => stage.exchange.steps.readerCount === 0, 'the end at the source')
    stage.exchange.step()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(socket.messages.filter(({ type }) => type === 'error')).toEqual([])
    expect(stage.exchange.steps.readerCount).toBe(0)
  })

  it('names each event with the very id of its subscription, whatever it is made of', async () => {
    const socket = await greeted()
    const ids = ['"', '\\', '","type":"complete","x":"', '\u2028\u0000', '🙂', '__proto__', 'constructor', ' ']
    for (const id of ids) socket.subscribe(id, TICKER)
    await until(() => stage.exchange.prices.readerCount === 1, 'one upstream for all')
    await new Promise((resolve) => setTimeout(resolve, 20))
    stage.exchange.prices.push(3)
    await until(() => ids.every((id) => socket.of(id).length === 1), 'the price for each')
    const payload = { data: { ticker: { price: 3 } } }
    expect(socket.messages.slice(1)).toEqual(ids.map((id) => ({ id, type: 'next', payload })))
  })

  it('refuses an id so long that every event would be made of it', async () => {
    const socket = await greeted()
    const id = 'x'.repeat(1_000)
    socket.subscribe(id, TICKER)
    await until(() => socket.of(id).length === 1, 'the refusal')
    expect(socket.of(id)).toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] }])
  })

  it.each([1, 100, 1_100, 1_200, 6_000])(
    'keeps events whole of a text that is longer in bytes, said %i times',
    async (times) => {
      const socket = await greeted()
      const symbol = 'Zürich € 日本 🙂'.repeat(times)
      const variables = { symbol }
      const query = 'subscription ($symbol: String!) { ticker(symbol: $symbol) { price market { symbol } } }'
      socket.send({ id: 'ü', type: 'subscribe', payload: { query, variables } })
      await until(() => stage.exchange.prices.readerCount === 1, 'the upstream')
      for (const price of [1, 2]) {
        stage.exchange.prices.push(price)
        await until(() => socket.of('ü').length === price, 'the price')
      }
      const payload = (price: number) => ({ data: { ticker: { price, market: { symbol } } } })
      expect(socket.of('ü').map((message) => message.payload)).toEqual([payload(1), payload(2)])
    },
  )

  it('keeps long events whole between other messages', async () => {
    const socket = await greeted()
    const wide = Array.from({ length: 29 }, (_, i) => `a${i}${'x'.repeat(900)}: price`).join(' ')
    socket.subscribe('long', `subscription { ticker(symbol: "A") { ${wide} } }`)
    socket.subscribe('short', TICKER)
    await until(() => stage.exchange.prices.readerCount === 2, 'both')
    for (let price = 1; price <= 50; price++) {
      stage.exchange.prices.push(price)
      socket.send({ type: 'ping' })
      socket.send({ id: `q${price}`, type: 'subscribe', payload: { query: '{ __typename }' } })
      await until(() => [socket.of('long'), socket.of('short')].every(({ length }) => length === price), 'the price')
    }
    await until(() => socket.of('q50').length === 2, 'the last answer')
    expect(socket.messages.filter(({ type }) => type === 'pong')).toHaveLength(50)
    expect(JSON.stringify(socket.of('long')[0]).length).toBeGreaterThan(20_000)
  })
})
