import { INSTRUMENTS, type Instrument, isExactOrder } from '../market/instruments.ts'
import type { Refusal } from './acks.ts'
import { type CancelOrder, type Command, MAX_TEXT_LENGTH, type PlaceOrder, type SetMarketStatus } from './commands.ts'

const ASCII = /^[\x20-\x7e]+$/

/**
 * Refuses what no state of the engine could carry out, before it costs a place in the journal.
 * Everything behind it relies on this: known market, whole positive numbers, exact amounts, short plain texts.
 */
export function inadmissible(command: Command, instruments: readonly Instrument[] = INSTRUMENTS): Refusal | null {
  switch (command.kind) {
    case 'OPEN_ACCOUNT':
      return textFault('accountId', command.accountId) ?? textFault('userId', command.userId)
    case 'CREDIT':
      return (
        textFault('accountId', command.accountId) ??
        textFault('asset', command.asset) ??
        textFault('reference', command.reference) ??
        (isPositive(command.amount) ? null : invalid('amount'))
      )
    case 'PLACE':
      return placeFault(command, instruments)
    case 'CANCEL':
      return cancelFault(command)
    case 'SET_MARKET_STATUS':
      return statusFault(command, instruments)
  }
}

function placeFault(command: PlaceOrder, instruments: readonly Instrument[]): Refusal | null {
  const { type, timeInForce, price, quantity } = command
  const fault = textFault('accountId', command.accountId) ?? textFault('clientOrderId', command.clientOrderId)
  if (fault) return fault
  const instrument = instruments.find(({ symbol }) => symbol === command.symbol)
  if (!instrument) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  if (type === 'MARKET' && price !== null) return { kind: 'REFUSED', code: 'PRICE_NOT_ALLOWED' }
  if (type === 'MARKET' && timeInForce !== 'IOC') return invalid('timeInForce')
  if (type === 'LIMIT' && price === null) return { kind: 'REFUSED', code: 'PRICE_REQUIRED' }
  if (price !== null && !(price > 0)) return { kind: 'REFUSED', code: 'PRICE_NOT_POSITIVE' }
  if (!(quantity > 0)) return { kind: 'REFUSED', code: 'QUANTITY_NOT_POSITIVE' }
  if (price !== null && !isWhole(price)) return invalid('price')
  if (!isWhole(quantity)) return invalid('quantity')
  return isExactOrder(instrument, price, quantity) ? null : { kind: 'REFUSED', code: 'ORDER_TOO_LARGE' }
}

function cancelFault(command: CancelOrder): Refusal | null {
  const { orderId, clientOrderId } = command
  if ((orderId === undefined) === (clientOrderId === undefined)) return invalid('orderId')
  return (
    textFault('accountId', command.accountId) ??
    (orderId === undefined ? null : textFault('orderId', orderId)) ??
    (clientOrderId === undefined ? null : textFault('clientOrderId', clientOrderId))
  )
}

function statusFault({ symbol, recording }: SetMarketStatus, instruments: readonly Instrument[]): Refusal | null {
  if (!instruments.some((instrument) => instrument.symbol === symbol)) {
    return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  }
  if (recording === null) return null
  const fault = textFault('dataSet', recording.dataSet) ?? textFault('segment', recording.segment)
  return fault ?? (isPositive(recording.repetition) ? null : invalid('repetition'))
}

// Beyond 2^53 a number may be whole and still too large: that is for `isExactOrder` to say.
const isWhole = (value: number) => Number.isInteger(value)
const isPositive = (value: number) => Number.isSafeInteger(value) && value > 0
const invalid = (field: string): Refusal => ({ kind: 'REFUSED', code: 'INVALID_COMMAND', field })

function textFault(field: string, text: string): Refusal | null {
  return text.length <= MAX_TEXT_LENGTH && ASCII.test(text) ? null : invalid(field)
}
