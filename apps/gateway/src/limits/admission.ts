import { GraphQLError } from 'graphql'
import { Authorization } from '../authorize/authorization.ts'
import type { Policies } from '../authorize/rules.ts'
import type { Admission, AdmissionRequest } from '../execute/graph-gateway.ts'
import type { Graph } from '../supergraph/graph.ts'
import { CostModel } from './cost.ts'
import { Gate } from './gate.ts'
import { limits } from './limits.ts'
import type { Rates } from './rates.ts'
import { SignIns } from './sign-ins.ts'

interface Rules {
  readonly authorization: Authorization
  readonly costs: CostModel
}

/** Decides of every operation what of it may run, before anything is planned: what it costs, how often, and for whom. */
export class Admissions {
  readonly #policies: Policies
  readonly #gate: Gate
  readonly #signIns: SignIns
  readonly #rules = new WeakMap<Graph, Rules>()

  constructor({ rates, policies = new Map() }: { readonly rates: Rates; readonly policies?: Policies | undefined }) {
    this.#policies = policies
    this.#gate = new Gate(rates)
    this.#signIns = new SignIns(rates)
  }

  /** @throws Error where the graph has a rule that cannot be enforced. */
  take(graph: Graph): void {
    const authorization = new Authorization(graph.sdl, graph.schema, this.#policies)
    this.#rules.set(graph, { authorization, costs: new CostModel(graph.sdl, graph.schema) })
  }

  /**
   * @param request of a document that is validated and within the limits of size.
   * @throws GraphQLError QUERY_TOO_COMPLEX, RATE_LIMITED.
   */
  admit(request: AdmissionRequest): Admission {
    const estimated = this.spend(request)
    const { graph, document, operationName, variables, context } = request
    const { costs } = this.#of(graph)
    const attempts = this.#signIns.begin(graph.schema, document, operationName, context.address ?? '')
    return {
      ...this.restrict(attempts ? { ...request, document: attempts.document } : request),
      extensions: (data) => ({ cost: { estimated, actual: costs.actual(document, operationName, variables, data) } }),
      ...(attempts ? { settle: attempts.settle } : {}),
    }
  }

  /** @returns what an operation costs, counted against its caller. @throws GraphQLError where that is too much. */
  spend({ graph, document, operationName, variables, context }: AdmissionRequest): number {
    const cost = this.#of(graph).costs.estimate(document, operationName, variables)
    if (cost > limits.cost) throw tooCostly(cost)
    const limited = this.#gate.spend(context.caller, context.address ?? '', cost)
    if (limited) throw limited
    return cost
  }

  /** What of an operation its caller may see. */
  restrict({ graph, document, operationName, variables, context }: AdmissionRequest) {
    const restriction = this.#of(graph).authorization.restrict(document, operationName, context.caller, variables)
    return {
      planned: restriction.planned,
      document: restriction.document,
      errors: restriction.errors(variables),
    }
  }

  #of(graph: Graph): Rules {
    const rules = this.#rules.get(graph)
    if (!rules) throw new Error('The rules of the graph are not known')
    return rules
  }
}

function tooCostly(cost: number): GraphQLError {
  return new GraphQLError(`The operation costs ${cost}; at most ${limits.cost} is allowed.`, {
    extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } },
  })
}
