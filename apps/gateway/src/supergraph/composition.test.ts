import { describe, expect, it } from 'vitest'
import { breakingChanges } from './changes.ts'
import { apiSchemaOf, compose } from './composition.ts'
import { expandVariables } from './configuration.ts'
import { acceptEnforced } from './enforced-specs.ts'

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key", "@authenticated", "@policy", "@shareable"])\n`
const market = (fields: string) => ({
  name: 'market',
  url: 'http://market',
  sdl: `${federation}type Query { market(symbol: ID!): Market } type Market @key(fields: "symbol") { symbol: ID! ${fields} }`,
})
const forecast = {
  name: 'forecast',
  url: 'http://forecast',
  sdl: `${federation}type Market @key(fields: "symbol") { symbol: ID! forecast: Float }`,
}

function composed(...subgraphs: Parameters<typeof compose>[0]): string {
  const result = compose(subgraphs)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

describe('composition', () => {
  it('joins the fields that two subgraphs give one entity', () => {
    const fields = apiSchemaOf(composed(market('tick: Float'), forecast)).getType('Market')
    expect(fields && 'getFields' in fields && Object.keys(fields.getFields()).sort()).toEqual([
      'forecast',
      'symbol',
      'tick',
    ])
  })

  it('names an error with its code', () => {
    const result = compose([
      market('tick: Float'),
      { ...forecast, sdl: forecast.sdl.replace('forecast: Float', 'tick: Int') },
    ])
    expect(result.ok ? [] : result.error.map(({ code }) => code)).toContain('FIELD_TYPE_MISMATCH')
  })

  it('takes a hint for a fault', () => {
    const described = (text: string) => ({
      ...forecast,
      sdl: forecast.sdl.replace('type Market', `"${text}" type Market`),
    })
    const result = compose([
      { ...described('One'), name: 'a' },
      { ...described('Two'), name: 'b', sdl: described('Two').sdl.replace('forecast', 'other') },
      market(''),
    ])
    expect(result.ok ? [] : result.error).toMatchObject([{ code: 'INCONSISTENT_DESCRIPTION' }])
  })

  it('names the subgraph and line of a syntax error', () => {
    const result = compose([{ ...forecast, sdl: 'type Query {\n  market(: Market\n}' }])
    expect(result.ok ? [] : result.error).toMatchObject([{ code: 'SYNTAX', place: 'forecast:2' }])
  })

  it('names breaking changes by coordinate and lets harmless ones pass', async () => {
    const before = apiSchemaOf(composed(market('tick: Float lot: Float'), forecast))
    const after = apiSchemaOf(composed(market('tick: Float bid: Float'), forecast))
    expect((await breakingChanges(before, after)).map(({ coordinate }) => coordinate)).toEqual(['Market.lot'])
    expect(await breakingChanges(before, before)).toEqual([])
  })

  it('accepts the security specs that the gateway enforces, and no other', () => {
    const guarded = composed(market('a: Int @authenticated b: Int @policy(policies: [["p"]])'), forecast)
    expect(guarded.match(/for: SECURITY/g)).toHaveLength(2)
    expect(acceptEnforced(guarded)).not.toContain('for: SECURITY')
    const foreign = guarded.replace('dev/policy/v0.1', 'dev/policy/v0.2')
    expect(acceptEnforced(foreign)).toContain('for: SECURITY')
    expect(() => apiSchemaOf(foreign)).toThrow(/policy/)
  })

  it('fills environment variables and names a missing one', () => {
    const text = 'routing_url: $' + '{env.MARKET_URL}'
    expect(expandVariables(text, { MARKET_URL: 'http://m' })).toBe('routing_url: http://m')
    expect(() => expandVariables(text, {})).toThrow('MARKET_URL')
  })
})
