import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { acceptEnforced } from '../supergraph/enforced-specs.ts'
import { Graph } from '../supergraph/graph.ts'
import { SubscriptionPlans } from './plans.ts'

const supergraph = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
const TICKER = 'subscription { ticker(symbol: "BTC-USDT") { bestBid } }'

it('a subscription is planned once, unless its text would fill the memory', () => {
  const plans = new SubscriptionPlans(new Graph(acceptEnforced(supergraph)))
  const planOf = (text: string) => {
    const planned = plans.plan(text, null)
    return planned.ok ? planned.value : planned.error
  }
  const operationOf = (text: string) => {
    const planned = plans.plan(text, null)
    return planned.ok ? planned.value.operation : null
  }
  expect(planOf(TICKER)).toMatchObject({ kind: 'STATE', isPublic: true })
  expect(operationOf(TICKER)).toBe(operationOf(TICKER))
  const long = `${TICKER} #${'x'.repeat(20_000)}`
  expect(planOf(long)).toMatchObject({ kind: 'STATE', isPublic: true })
  expect(operationOf(long)).not.toBe(operationOf(long))
})

it('a name that holds part of a text is not answered with the plan of another', () => {
  const plans = new SubscriptionPlans(new Graph(acceptEnforced(supergraph)))
  const named = 'subscription Named { ticker(symbol: "BTC-USDT") { bestBid } }'
  const text = `${TICKER}\n${named}`
  expect(plans.plan(`#\n${named}`, 'Named').ok).toBe(true)
  expect(plans.plan(named, 'Named\n#').ok).toBe(false)
  expect(plans.plan(`#\n${TICKER}`, '').ok).toBe(false)
  expect(plans.plan(`#\n${TICKER}`, null).ok).toBe(true)
  expect(plans.plan(`#\n${TICKER}`, '').ok).toBe(false)
  expect(plans.plan(text, 'Named').ok).toBe(false)
})
