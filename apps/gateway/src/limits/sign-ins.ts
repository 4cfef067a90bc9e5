import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { networkOf } from '../identity/addresses.ts'
import { limitedBy } from './gate.ts'
import { type RateRule, rateRules } from './rate-rules.ts'
import type { Rates } from './rates.ts'

const { failedSignInsPerAddress, registrationsPerAddress } = rateRules
/** The mutations that take a secret on trust, and what those counts that they are held to. */
const SIGN_INS: ReadonlyMap<string, RateRule> = new Map<string, RateRule>([
  ['logIn', failedSignInsPerAddress],
  ['refreshSession', failedSignInsPerAddress],
  ['exchangeApiKey', failedSignInsPerAddress],
  ['register', registrationsPerAddress],
])
/** Answers that are no failed attempt: who got in, and who has not been judged. */
const UNCOUNTED: ReadonlySet<unknown> = new Set(['SessionStarted', 'AccessTokenIssued', 'InvalidInput', 'Busy'])

/** Attempts to sign in that one operation makes. */
export interface Attempts {
  /** The operation, asking also how the attempts end. */
  readonly document: DocumentNode
  /** Counts what failed. @returns the answer as the client asked for it. */
  settle(result: ExecutionResult): ExecutionResult
}

interface Attempt {
  readonly key: string
  readonly rule: RateRule
}

interface Watched {
  readonly document: DocumentNode
  readonly attempts: readonly Attempt[]
  /** The response key under which it is asked how an attempt ended: none of the client's. */
  readonly outcome: string
}

/** Holds addresses to so many failed sign-ins and so many registrations. */
export class SignIns {
  readonly #rates: Rates
  readonly #watched = new WeakMap<DocumentNode, Watched>()

  constructor(rates: Rates) {
    this.#rates = rates
  }

  /**
   * All attempts count until it is known how they ended: thousands sent at once are not let through because none has failed yet.
   * @returns null where the operation makes none.
   * @throws GraphQLError RATE_LIMITED
   */
  begin(schema: GraphQLSchema, document: DocumentNode, operationName: string | null, address: string): Attempts | null {
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.MUTATION) return null
    const watched = this.#watch(schema, document)
    if (watched.attempts.length === 0) return null
    const network = networkOf(address)
    for (const rule of new Set(watched.attempts.map((attempt) => attempt.rule))) {
      const amount = watched.attempts.filter((attempt) => attempt.rule === rule).length
      const limited = limitedBy(this.#rates.take(rule, network, amount))
      if (limited) throw limited
    }
    return {
      document: watched.document,
      settle: (result) => this.#settle(watched, result, network),
    }
  }

  #settle({ attempts, outcome: name }: Watched, result: ExecutionResult, network: string): ExecutionResult {
    const data: Record<string, unknown> = { ...result.data }
    for (const { key, rule } of attempts) {
      const answer = data[key]
      const { [name]: outcome, ...rest } = isRecord(answer) ? answer : {}
      if (isRecord(answer)) data[key] = rest
      const isFailed = typeof outcome === 'string' && !UNCOUNTED.has(outcome)
      if (rule === failedSignInsPerAddress && !isFailed) this.#rates.count(rule, network, -1)
    }
    return result.data ? { ...result, data } : result
  }

  #watch(schema: GraphQLSchema, document: DocumentNode): Watched {
    const known = this.#watched.get(document)
    if (known) return known
    const attempts = new Map<string, Attempt>()
    const outcome = unusedIn(document)
    const info = new TypeInfo(schema)
    const changed: DocumentNode = visit(
      document,
      visitWithTypeInfo(info, {
        Field: (field) => {
          const rule = SIGN_INS.get(field.name.value)
          if (!rule || info.getParentType() !== schema.getMutationType() || !field.selectionSet) return undefined
          const key = field.alias?.value ?? field.name.value
          attempts.set(key, { key, rule })
          return withTypename(field, outcome)
        },
      }),
    )
    const watched = { document: changed, attempts: [...attempts.values()], outcome }
    this.#watched.set(document, watched)
    return watched
  }
}

function withTypename(field: FieldNode, alias: string): FieldNode {
  const asked: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: alias },
    name: { kind: Kind.NAME, value: '__typename' },
  }
  const selections = [...(field.selectionSet?.selections ?? []), asked]
  return { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } }
}

function unusedIn(document: DocumentNode): string {
  const used = new Set<string>()
  visit(document, { Field: ({ alias, name }) => void used.add(alias?.value ?? name.value) })
  let name = '_outcome'
  while (used.has(name)) name += '_'
  return name
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
