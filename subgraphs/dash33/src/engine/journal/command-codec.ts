import { ByteReader, ByteWriter } from './byte-stream.ts'
import type { CancelOrder, Command, PlaceOrder, SetMarketStatus } from '../commands.ts'

/** Rises with every change of the form; old versions stay readable. */
const FORMAT_VERSION = 1

// Binary, not JSON: a recorded quote takes some 35 bytes against 170, and the journal is what a day of trading writes most of.
const KINDS = ['OPEN_ACCOUNT', 'CREDIT', 'PLACE', 'CANCEL', 'SET_MARKET_STATUS'] as const
const SELL = 1
const MARKET = 2
const IOC = 4
const PAUSED = 1
const RECORDED = 2
const BY_CLIENT_ORDER_ID = 1

/** A batch as the journal keeps it. All its commands happen at `time`, milliseconds since the Unix epoch. */
export interface JournaledCommands {
  readonly time: number
  readonly commands: readonly Command[]
}

export function encodeCommands({ time, commands }: JournaledCommands): Buffer {
  const out = new ByteWriter()
  out.byte(FORMAT_VERSION)
  out.number(time)
  out.number(commands.length)
  for (const command of commands) write(out, command)
  return out.finish()
}

/** @throws where the bytes are not a batch of a known version. */
export function decodeCommands(bytes: Uint8Array): JournaledCommands {
  const input = new ByteReader(bytes)
  const version = input.byte()
  if (version !== FORMAT_VERSION) throw new Error(`journal format ${version} is not known to this engine`)
  const time = input.number()
  const count = input.number()
  const commands: Command[] = []
  for (let i = 0; i < count; i++) commands.push(read(input))
  return { time, commands }
}

function write(out: ByteWriter, command: Command): void {
  out.byte(KINDS.indexOf(command.kind))
  switch (command.kind) {
    case 'OPEN_ACCOUNT':
      out.text(command.accountId)
      out.text(command.userId)
      break
    case 'CREDIT':
      out.text(command.accountId)
      out.text(command.asset)
      out.number(command.amount)
      out.text(command.reference)
      break
    case 'PLACE':
      writePlace(out, command)
      break
    case 'CANCEL':
      writeCancel(out, command)
      break
    case 'SET_MARKET_STATUS':
      writeStatus(out, command)
  }
}

function read(input: ByteReader): Command {
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
    case 'SET_MARKET_STATUS':
      return readStatus(input)
    default:
      throw new Error('the journal batch holds an unknown command')
  }
}

function writePlace(out: ByteWriter, command: PlaceOrder): void {
  out.byte(
    (command.side === 'SELL' ? SELL : 0) |
      (command.type === 'MARKET' ? MARKET : 0) |
      (command.timeInForce === 'IOC' ? IOC : 0),
  )
  out.text(command.accountId)
  out.text(command.symbol)
  out.text(command.clientOrderId)
  out.number(command.price ?? 0)
  out.number(command.quantity)
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
  }
}

function writeCancel(out: ByteWriter, command: CancelOrder): void {
  out.byte(command.clientOrderId === undefined ? 0 : BY_CLIENT_ORDER_ID)
  out.text(command.accountId)
  out.text(command.clientOrderId ?? command.orderId ?? '')
}

function readCancel(input: ByteReader): CancelOrder {
  const byClientOrderId = input.byte() === BY_CLIENT_ORDER_ID
  const accountId = input.text()
  const key = input.text()
  return byClientOrderId
    ? { kind: 'CANCEL', accountId, clientOrderId: key }
    : { kind: 'CANCEL', accountId, orderId: key }
}

function writeStatus(out: ByteWriter, { symbol, status, recording }: SetMarketStatus): void {
  out.byte((status === 'PAUSED' ? PAUSED : 0) | (recording ? RECORDED : 0))
  out.text(symbol)
  if (!recording) return
  out.text(recording.dataSet)
  out.text(recording.segment)
  out.number(recording.repetition)
}

function readStatus(input: ByteReader): SetMarketStatus {
  const flags = input.byte()
  const symbol = input.text()
  const recording =
    flags & RECORDED ? { dataSet: input.text(), segment: input.text(), repetition: input.number() } : null
  return { kind: 'SET_MARKET_STATUS', symbol, status: flags & PAUSED ? 'PAUSED' : 'TRADING', recording }
}
