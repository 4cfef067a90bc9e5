import type { Admission, AdmissionRequest } from '../execute/graph-gateway.ts'
import type { Graph } from '../supergraph/graph.ts'
import { Authorization } from './authorization.ts'
import type { Policies } from './rules.ts'

/** The rules of every graph that is in use. */
export class Authorizations {
  readonly #policies: Policies
  readonly #byGraph = new WeakMap<Graph, Authorization>()

  constructor(policies: Policies = new Map()) {
    this.#policies = policies
  }

  /** @throws Error where the graph has a rule that cannot be enforced. */
  take(graph: Graph): void {
    this.#byGraph.set(graph, new Authorization(graph.sdl, graph.schema, this.#policies))
  }

  /** @throws Error for a graph that was never taken: nothing may run on it. */
  of(graph: Graph): Authorization {
    const known = this.#byGraph.get(graph)
    if (!known) throw new Error('The rules of the graph are not known')
    return known
  }

  admit({ graph, document, operationName, variables, context }: AdmissionRequest): Admission {
    const restriction = this.of(graph).restrict(document, operationName, context.caller, variables)
    return { ...restriction, errors: restriction.errors(variables) }
  }
}
