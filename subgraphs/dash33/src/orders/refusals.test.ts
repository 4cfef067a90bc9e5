import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { INVALID_ORDER, orderRefusal } from './refusals.ts'

const sdl = readFileSync(path.join(import.meta.dirname, 'schema.graphql'), 'utf8')
const at = { symbol: 'BTC-USDT', pathOf: (field: string) => `input.${field}` }

test('every code that the engine refuses an order with stands in the schema', () => {
  const description = sdl.slice(sdl.indexOf("The order's terms do not fit"), sdl.indexOf('type InvalidOrder'))
  for (const code of Object.keys(INVALID_ORDER)) expect(description).toContain(`\`${code}\``)
})

test.each([
  ['MAX_ORDER_QUANTITY', '0.00200', '0.00300', '0.00100'],
  ['MAX_POSITION', '0.00200', '0.00300', '0.00100'],
  ['MARKET_MAX_QUANTITY', '0.00200', '0.00300', '0.00100'],
  ['MAX_ORDER_NOTIONAL', '0.0000200', '0.0000300', '0.0000100'],
  ['MAX_EXPOSURE', '0.0000200', '0.0000300', '0.0000100'],
  ['MARKET_MIN_NOTIONAL', '0.0000200', '0.0000300', '0.0000100'],
  ['PRICE_COLLAR', '2.00', '3.00', '1.00'],
  ['MAX_OPEN_ORDERS', '200', '300', '100'],
  ['MESSAGE_RATE', '200', '300', '100'],
] as const)('%s is told in its own unit', (rule, limit, observed, headroom) => {
  const refusal = {
    kind: 'REFUSED',
    code: 'RISK_LIMIT_EXCEEDED',
    rule,
    limit: 200,
    observed: 300,
    headroom: 100,
  } as const
  expect(orderRefusal(refusal, at)).toMatchObject({ __typename: 'RiskLimitExceeded', rule, limit, observed, headroom })
})

test('a kill switch says whose it is', () => {
  expect(orderRefusal({ kind: 'REFUSED', code: 'KILL_SWITCH_ENGAGED', scope: 'VENUE' }, at)).toMatchObject({
    __typename: 'KillSwitchEngaged',
    scope: 'VENUE',
  })
})
