import { fault } from '@opsource/subgraph'
import { z } from 'zod'
import { callerOf } from '../caller.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { invalidInput } from '../invalid-input.ts'
import { orderRisk, riskAssessment, riskUnavailable } from './answers.ts'
import type { RiskDesk } from './desk.ts'
import { balancesSchema, type ThoughtOrder } from './holdings.ts'
import { MOST_DAYS } from './scenarios.ts'

const FEWEST_DAYS = 2
const DEFAULT_DAYS = 10
const MAX_DECIMAL_CHARACTERS = 40
/** No market has a longer one: of what is longer the beginning is kept, of which there is no market either. */
const MAX_SYMBOL_CHARACTERS = 32
/** Of an order, in units: figures of more would be no plain decimals any more, and no book has a thousandth of it. */
const MOST_ORDERED = 1_000_000_000

const questionSchema = z.object({
  symbol: z.string().max(MAX_SYMBOL_CHARACTERS),
  side: z.enum(['BUY', 'SELL']),
  quantity: z.string().max(MAX_DECIMAL_CHARACTERS),
  price: z.string().max(MAX_DECIMAL_CHARACTERS).nullish(),
  horizonDays: z.number(),
})
type OrderQuestion = z.infer<typeof questionSchema>

const portfolioSchema = z.object({ balances: balancesSchema })
const ownerSchema = z.object({ portfolio: portfolioSchema.nullable() })

export function riskResolvers(desk: RiskDesk): Pick<Resolvers, 'Portfolio' | 'OrderAssessment'> & {
  readonly Query: Pick<NonNullable<Resolvers['Query']>, 'assessOrder'>
} {
  return {
    Query: {
      assessOrder: (_parent, { input }, context) => {
        const symbol = input.symbol.slice(0, MAX_SYMBOL_CHARACTERS)
        const question = { ...input, symbol, horizonDays: input.horizonDays ?? DEFAULT_DAYS }
        return { id: writeQuestion(question), owner: { id: callerOf(context) } }
      },
    },
    Portfolio: {
      // Whose portfolio it is has dash33 looked at: without its balances there is nothing to tell.
      __resolveReference: (reference) => reference,
      risk: async ({ balances }, { horizonDays }, context) => {
        const held = balancesSchema.safeParse(balances)
        if (!held.success) return riskUnavailable({ kind: 'NO_PORTFOLIO' })
        if (!isHorizon(horizonDays)) return invalidHorizon('horizonDays')
        const result = await desk.assess(callerOf(context), held.data, horizonDays)
        return result.ok ? riskAssessment(result.value) : riskUnavailable(result.error)
      },
    },
    OrderAssessment: {
      __resolveReference: (reference) => reference,
      market: ({ id }) => {
        const question = readQuestion(id)
        return question && desk.knows(question.symbol) ? { symbol: question.symbol } : null
      },
      effect: async ({ id, owner }, _args, context) => {
        const question = readQuestion(id)
        if (!question) throw fault('BAD_USER_INPUT', '`id` is no assessment of an order.')
        const order = orderOf(question, desk)
        if ('code' in order) return order
        const { data } = ownerSchema.safeParse(owner)
        if (!data?.portfolio) return riskUnavailable({ kind: 'NO_PORTFOLIO' })
        const result = await desk.assessOrder(callerOf(context), data.portfolio.balances, order, question.horizonDays)
        return result.ok ? orderRisk(result.value) : riskUnavailable(result.error)
      },
    },
  }
}

/** The question is the id, so that the gateway can bring it back together with the portfolio. */
const writeQuestion = (question: OrderQuestion) => `oas_${Buffer.from(JSON.stringify(question)).toString('base64url')}`

function readQuestion(id: string): OrderQuestion | null {
  try {
    return questionSchema.parse(JSON.parse(Buffer.from(id.slice(4), 'base64url').toString('utf8')))
  } catch {
    return null
  }
}

function orderOf({ symbol, side, quantity, price, horizonDays }: OrderQuestion, desk: RiskDesk) {
  if (!desk.knows(symbol)) return invalidInput('input.symbol', 'There is no such market.')
  if (!isAmount(quantity)) return invalidAmount('input.quantity')
  if (price != null && !isAmount(price)) return invalidAmount('input.price')
  if (!isHorizon(horizonDays)) return invalidHorizon('input.horizonDays')
  const order: ThoughtOrder = {
    market: symbol,
    quantity: side === 'BUY' ? Number(quantity) : -Number(quantity),
    price: price == null ? null : Number(price),
  }
  return order
}

const isAmount = (text: string) => Number(text) > 0 && Number(text) <= MOST_ORDERED

const invalidAmount = (field: string) =>
  invalidInput(field, `\`${field}\` is above zero and at most ${MOST_ORDERED.toLocaleString('en')}.`)

const isHorizon = (days: number) => Number.isInteger(days) && days >= FEWEST_DAYS && days <= MOST_DAYS

const invalidHorizon = (field: string) => invalidInput(field, `\`${field}\` is from ${FEWEST_DAYS} to ${MOST_DAYS}.`)
