import type { Command, PlaceOrder } from '../commands.ts'
import type { JournaledBatch } from './batch-format.ts'
import type { ByteReader } from './byte-stream.ts'
import { KINDS, readCancel } from './command-codec.ts'

/** The engine of that time had no version of its own. */
const FIRST_ENGINE_VERSION = 1
const SELL = 1
const MARKET = 2
const IOC = 4
const PAUSED = 1
const RECORDED = 2

/** The rest of a batch of format 1, whose five commands knew no stops, auctions or self-trade prevention. */
export function readFirstFormat(input: ByteReader): JournaledBatch {
  const time = input.number()
  const count = input.number()
  const commands: Command[] = []
  for (let i = 0; i < count; i++) commands.push(readCommand(input))
  const sizes = count === 0 ? [] : [count]
  return { time, engineVersion: FIRST_ENGINE_VERSION, segments: [{ origin: 0, firstId: 0, sizes, commands }] }
}

function readCommand(input: ByteReader): Command {
  const kind = KINDS[input.byte()]
  switch (kind) {
    case 'OPEN_ACCOUNT':
      return { kind, accountId: input.text(), userId: input.text() }
    case 'CREDIT':
      return { kind, accountId: input.text(), asset: input.text(), amount: input.number(), reference: input.text() }
    case 'PLACE':
      return readPlace(input)
    case 'CANCEL':
      return readCancel(input)
    case 'SET_MARKET_STATUS': {
      const flags = input.byte()
      const symbol = input.text()
      const recording =
        flags & RECORDED ? { dataSet: input.text(), segment: input.text(), repetition: input.number() } : null
      return { kind, symbol, status: flags & PAUSED ? 'PAUSED' : 'TRADING', auctionMs: null, recording }
    }
    default:
      throw new Error('the journal batch holds an unknown command')
  }
}

function readPlace(input: ByteReader): PlaceOrder {
  const flags = input.byte()
  const accountId = input.text()
  const symbol = input.text()
  const clientOrderId = input.text()
  const price = input.number()
  return {
    kind: 'PLACE',
    accountId,
    clientOrderId,
    symbol,
    side: flags & SELL ? 'SELL' : 'BUY',
    type: flags & MARKET ? 'MARKET' : 'LIMIT',
    timeInForce: flags & IOC ? 'IOC' : 'GTC',
    price: flags & MARKET ? null : price,
    quantity: input.number(),
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: 'NONE',
    expiresAt: null,
  }
}
