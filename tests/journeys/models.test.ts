import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from './stage.ts'
import { EVENTUALLY, LOG_IN, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const MODEL = 'mid-direction'
const PROMOTE = /* GraphQL */ `
  mutation Promote($input: PromoteModelInput!) {
    promoteModel(input: $input) {
      __typename
      ... on Refusal { code message }
      ... on PromotionRefused { transition { by checks { name passed observed threshold } } }
    }
  }
`
const ROLL_BACK = /* GraphQL */ `
  mutation RollBack($input: RollBackModelInput!) { rollBackModel(input: $input) { __typename ... on Refusal { code } } }
`
const SET_ALIAS = /* GraphQL */ `
  mutation SetAlias($input: SetModelAliasInput!) {
    setModelAlias(input: $input) {
      __typename
      ... on Refusal { code }
      ... on ModelAliasMoved { model { champion { version kind } challenger { version kind } } }
    }
  }
`
const sessionSchema = z.object({ user: z.object({ id: z.string() }), tokens: z.object({ accessToken: z.string() }) })
const refusalSchema = z.object({
  code: z.string(),
  transition: z.object({ by: z.string(), checks: z.array(z.object({ name: z.string(), passed: z.boolean() })) }),
})
const auditSchema = z.object({
  edges: z.array(z.object({ node: z.object({ action: z.string(), subject: z.string().nullable() }) })),
})

describe('models, on the standalone platform', () => {
  let platform: Platform
  let visitor: Visitor
  let analyst: Visitor
  let userId: string

  beforeAll(async () => {
    platform = await startPlatform('standalone')
    visitor = new Visitor(platform.graphqlUrl)
    const input = { email: 'analyst@demo.opsource.local', password: 'demo-analyst-2024' }
    const { data } = await visitor.ask(LOG_IN, { input })
    const session = sessionSchema.parse(data?.logIn)
    analyst = visitor.as(`Bearer ${session.tokens.accessToken}`)
    userId = session.user.id
  })
  afterAll(() => platform?.stop())

  test('an analyst moves models through the gateway, and the gate says why it refuses one', async () => {
    const { data } = await analyst.ask(PROMOTE, { input: { model: MODEL, version: 2, reason: 'it took a day' } })
    const refusal = refusalSchema.parse(data?.promoteModel)
    expect(refusal.code).toBe('PROMOTION_REFUSED')
    expect(refusal.transition.by).toBe(userId)
    expect(refusal.transition.checks).toContainEqual(expect.objectContaining({ name: 'BEATS_BASELINE', passed: false }))
    const alias = { model: MODEL, alias: 'challenger', version: 2, reason: 'then in the shadow' }
    const moved = await analyst.ask(SET_ALIAS, { input: alias })
    expect(moved.data?.setModelAlias).toMatchObject({
      __typename: 'ModelAliasMoved',
      model: { champion: { version: 1, kind: 'RULE' }, challenger: { version: 2, kind: 'MODEL' } },
    })
    const back = await analyst.ask(ROLL_BACK, { input: { model: MODEL, reason: 'one never knows' } })
    expect(back.data?.rollBackModel).toEqual({ __typename: 'NothingToRollBackTo', code: 'NOTHING_TO_ROLL_BACK_TO' })
  })

  test('what was moved is in the audit log', async () => {
    const operator = visitor.as(await platform.operator())
    const subjects = async () => {
      const { data } = await operator.ask('{ auditLog(first: 100) { edges { node { action subject } } } }')
      const { edges } = auditSchema.parse(data?.auditLog)
      return edges.flatMap(({ node }) => (node.action === 'model.alias_set' ? [node.subject] : []))
    }
    await expect.poll(subjects, EVENTUALLY).toContain(`${MODEL} challenger 2 → 2: then in the shadow`)
  })

  test('who is no analyst moves none', async () => {
    const trader = await Trader.register(visitor, 'mallory')
    const input = { model: MODEL, version: 2, reason: 'mine' }
    for (const [query, given] of [
      [PROMOTE, input],
      [ROLL_BACK, { model: MODEL, reason: 'mine' }],
      [SET_ALIAS, { ...input, alias: 'challenger' }],
    ] as const) {
      expect((await visitor.ask(query, { input: given })).codes).toEqual(['UNAUTHENTICATED'])
      expect((await trader.visitor.ask(query, { input: given })).codes).toEqual(['FORBIDDEN'])
    }
  })
})
