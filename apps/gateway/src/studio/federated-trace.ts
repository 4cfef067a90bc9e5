import type { PlanNode, SubscriptionNode } from '@apollo/query-planner'
import { google, Trace } from '@apollo/usage-reporting-protobuf'

type TraceNode = Trace.QueryPlanNode
type Fetch = Trace.QueryPlanNode.FetchNode
type RootName = 'Query' | 'Mutation'

/** How long one fetch took, and what its subgraph timed. */
export interface TracedFetch {
  readonly service: string
  /** The serialised request. */
  readonly body: string
  /** When it was sent, by `performance.now()`; it is received now. */
  readonly startedAt: number
  /** Apollo's `ftv1`: a trace in protobuf and base64; undefined where the subgraph gave none. */
  readonly ftv1: string | undefined
}

/**
 * What Apollo Studio is told of one operation's way through the subgraphs: its query plan, with the time of each fetch and the subgraph's own
 * trace of its fields (https://www.apollographql.com/docs/federation/metrics).
 */
export class FederatedTrace {
  readonly plan: TraceNode
  readonly #rootName: RootName
  /** Those of the plan that were not sent yet, by how their request begins. */
  readonly #waiting: { readonly service: string; readonly head: string; readonly node: Fetch }[] = []
  readonly #nodes: TraceNode[]
  readonly #startedAt: number

  /** @param startedAt when the request began, by `performance.now()`. */
  constructor(plan: PlanNode | SubscriptionNode | undefined, rootName: RootName, startedAt: number) {
    this.#rootName = rootName
    this.#startedAt = startedAt
    this.#nodes = plan && plan.kind !== 'Subscription' ? [this.#nodeOf(plan)] : []
    this.plan = new Trace.QueryPlanNode({ sequence: new Trace.QueryPlanNode.SequenceNode({ nodes: this.#nodes }) })
  }

  fetched({ service, body, startedAt, ftv1 }: TracedFetch): void {
    const node = this.#take(service, body)
    node.sentTime = timestamp(startedAt)
    node.sentTimeOffset = Math.max(0, Math.round((startedAt - this.#startedAt) * 1_000_000))
    node.receivedTime = timestamp(performance.now())
    if (ftv1 === undefined) return
    try {
      const trace = Trace.decode(Buffer.from(ftv1, 'base64'))
      // The subgraph may call its root by another name than the graph.
      for (const child of trace.root?.child ?? []) child.parentType = this.#rootName
      node.trace = trace
    } catch {
      node.traceParsingFailed = true
    }
  }

  /** A fetch that the plan does not have, as where a condition left less of it, stands at its end. */
  #take(service: string, body: string): Fetch {
    const index = this.#waiting.findIndex((each) => each.service === service && body.startsWith(each.head))
    const [found] = index === -1 ? [] : this.#waiting.splice(index, 1)
    if (found) return found.node
    const node = new Trace.QueryPlanNode.FetchNode({ serviceName: service })
    this.#nodes.push(new Trace.QueryPlanNode({ fetch: node }))
    return node
  }

  #nodeOf(node: PlanNode): TraceNode {
    switch (node.kind) {
      case 'Fetch': {
        const fetch = new Trace.QueryPlanNode.FetchNode({ serviceName: node.serviceName })
        this.#waiting.push({
          service: node.serviceName,
          head: `{"query":${JSON.stringify(node.operation)}`,
          node: fetch,
        })
        return new Trace.QueryPlanNode({ fetch })
      }
      case 'Flatten': {
        const responsePath = node.path.map((element) => ({ fieldName: String(element) }))
        const flatten = new Trace.QueryPlanNode.FlattenNode({ responsePath, node: this.#nodeOf(node.node) })
        return new Trace.QueryPlanNode({ flatten })
      }
      case 'Parallel': {
        const nodes = node.nodes.map((each) => this.#nodeOf(each))
        return new Trace.QueryPlanNode({ parallel: new Trace.QueryPlanNode.ParallelNode({ nodes }) })
      }
      case 'Sequence': {
        const nodes = node.nodes.map((each) => this.#nodeOf(each))
        return new Trace.QueryPlanNode({ sequence: new Trace.QueryPlanNode.SequenceNode({ nodes }) })
      }
      case 'Condition': {
        const { condition, ifClause, elseClause } = node
        return new Trace.QueryPlanNode({
          condition: new Trace.QueryPlanNode.ConditionNode({
            condition,
            ...(ifClause ? { ifClause: this.#nodeOf(ifClause) } : {}),
            ...(elseClause ? { elseClause: this.#nodeOf(elseClause) } : {}),
          }),
        })
      }
      case 'Defer':
        throw new Error('@defer is not offered')
    }
  }
}

/** @param now by `performance.now()`. */
function timestamp(now: number): google.protobuf.Timestamp {
  const ms = performance.timeOrigin + now
  return new google.protobuf.Timestamp({ seconds: Math.floor(ms / 1_000), nanos: Math.floor((ms % 1_000) * 1_000_000) })
}
