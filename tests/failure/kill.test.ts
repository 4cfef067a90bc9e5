import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { booksAgree } from '../journeys/books.ts'
import { credit, EVENTUALLY, orderOf, PLACE_ORDER, setStatus, Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'
import { StandaloneProcess } from './standalone-process.ts'

const ROUNDS = 20
const WORKERS = 4
const CREDITS = { BTC: '1000', USDT: '100000000' } as const
/** Orders that still answer for their key after a restart: the engine remembers the last 10,000 closed ones of an account. */
const MAX_RESENT = 200

const placed = z.object({
  __typename: z.literal('OrderPlaced'),
  order: z.object({ id: z.string(), engineSequence: z.number() }),
  fills: z.array(z.unknown()),
})

const recorded = z.object({ bookOfRecord: z.object({ tradeCount: z.number() }) })
const notified = z.object({
  notifications: z.object({ edges: z.array(z.object({ node: z.object({ sequence: z.number() }) })) }),
})

interface Acknowledged {
  readonly trader: Trader
  readonly input: ReturnType<typeof orderOf>
  readonly orderId: string
  /** The sequence at which it traded; 0 where it did not. */
  readonly tradedAt: number
}

let platform: StandaloneProcess
beforeAll(async () => {
  platform = await StandaloneProcess.create()
})
afterAll(() => platform?.remove())

/** Trades as fast as the answers come until the platform is gone. */
async function tradeUntilKilled(traders: readonly Trader[], acknowledged: Acknowledged[], seed: number): Promise<void> {
  for (let count = 0; ; count++) {
    const trader = traders[(seed + count) % traders.length]
    if (trader === undefined) return
    const price = `${60_000 + ((seed * 7 + count * 13) % 10)}`
    const input = orderOf({
      clientOrderId: randomUUID(),
      side: count % 2 === 0 ? 'BUY' : 'SELL',
      price,
      quantity: '0.001',
    })
    try {
      const { data } = await trader.visitor.ask(PLACE_ORDER, { input })
      const answer = placed.safeParse(data?.placeOrder)
      if (answer.success) {
        const { id, engineSequence } = answer.data.order
        const tradedAt = answer.data.fills.length > 0 ? engineSequence : 0
        acknowledged.push({ trader, input, orderId: id, tradedAt })
      }
    } catch {
      return
    }
  }
}

test(`after ${ROUNDS} kills in the middle of trading no acknowledged order is lost and no money is made or lost`, async () => {
  await platform.start()
  let visitor = new Visitor(platform.graphqlUrl)
  let operator = await platform.operator()
  await setStatus(operator, 'BTC-USDT', 'TRADING')
  const persons = [await Trader.register(visitor, 'kim'), await Trader.register(visitor, 'lee')]
  for (const person of persons) {
    for (const [asset, amount] of Object.entries(CREDITS)) await credit(operator, person.userId, asset, amount)
  }
  const amounts = Object.fromEntries(Object.entries(CREDITS).map(([asset, total]) => [asset, { total, held: '0' }]))
  for (const person of persons) await expect.poll(() => person.balances(), EVENTUALLY).toMatchObject(amounts)
  const funded = await booksAgree(operator, 1)
  let total = 0
  const restarts: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const traders = await Promise.all(persons.map((person) => Trader.logIn(visitor, person.email, person.password)))
    const acknowledged: Acknowledged[] = []
    const working = Array.from({ length: WORKERS }, (_, seed) => tradeUntilKilled(traders, acknowledged, seed + round))
    await new Promise((resolve) => setTimeout(resolve, 500 + ((round * 137) % 1_000)))
    platform.kill()
    await Promise.all(working)
    const begun = performance.now()
    await platform.start()
    restarts.push(performance.now() - begun)
    visitor = new Visitor(platform.graphqlUrl)
    operator = await platform.operator()
    expect(acknowledged.length).toBeGreaterThan(0)
    for (const { trader, input, orderId } of acknowledged.slice(-MAX_RESENT)) {
      const { data } = await visitor.as(trader.visitor.authorization).ask(PLACE_ORDER, { input })
      expect(data?.placeOrder).toMatchObject({ __typename: 'OrderPlaced', replayed: true, order: { id: orderId } })
    }
    total += acknowledged.length
    const last = Math.max(...acknowledged.map((each) => each.tradedAt))
    expectConserved(await booksAgree(operator, last), funded)
    await expectNotified(
      operator,
      traders.map((trader) => visitor.as(trader.visitor.authorization)),
    )
  }
  console.log(`${ROUNDS} kills, ${total} acknowledged orders, restart ${Math.round(Math.max(...restarts))} ms at most`)
})

/** Nobody else trades, so that every trade on record is a notification for its buyer and one for its seller: none lost, none twice. */
async function expectNotified(operator: Visitor, persons: readonly Visitor[]): Promise<void> {
  const { bookOfRecord } = await operator.get(recorded, '{ bookOfRecord { tradeCount } }')
  const count = async () => {
    const answers = persons.map((person) =>
      person.get(notified, '{ notifications(first: 1) { edges { node { sequence } } } }'),
    )
    return (await Promise.all(answers)).reduce(
      (sum, { notifications }) => sum + (notifications.edges[0]?.node.sequence ?? 0),
      0,
    )
  }
  await expect.poll(count, EVENTUALLY).toBe(2 * bookOfRecord.tradeCount)
}

/** Nothing came from outside since, and all that accounts and the venue hold is what did come. */
function expectConserved(totals: Readonly<Record<string, string>>, funded: Readonly<Record<string, string>>): void {
  for (const [asset, scale] of Object.entries({ BTC: 8, USDT: 7 })) {
    const external = totals[`external ${asset}`] ?? ''
    expect(external).toBe(funded[`external ${asset}`])
    const held = Object.entries(totals).filter(([key]) => key.endsWith(` ${asset}`) && !key.startsWith('external '))
    const sum = held.reduce((units, [, amount]) => units + unitsOf(amount, scale), 0n)
    expect(sum).toBe(unitsOf(external.replace('-', ''), scale))
    expect(sum).toBeGreaterThan(0n)
  }
}

function unitsOf(amount: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(scale, '0'))
}
