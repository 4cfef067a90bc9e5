import type { ExecutionResult } from 'graphql'
import { PublicError, publicError } from '../errors.ts'
import { execute } from '../execute/execute.ts'
import type { Sources } from '../execute/source.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import type { SubscriptionPlan } from './plans.ts'

export interface EventExecution {
  readonly plan: SubscriptionPlan
  readonly variables: Readonly<Record<string, unknown>>
  readonly sources: Sources
  readonly context: OperationContext
}

/**
 * Turns one event of the owning subgraph into one answer, as the answer to a query is made: joins, renamings, error places and null
 * propagation are the same.
 * @param event is changed: what joins it is merged into it.
 */
export async function executeEvent(
  { plan, variables, sources, context }: EventExecution,
  event: UpstreamResult,
): Promise<ExecutionResult> {
  const { data, errors } = await execute(plan.operation, {
    variables,
    context,
    sources,
    answered: event,
    errors: plan.missing,
  })
  return {
    ...(errors ? { errors: errors.map((error) => new PublicError(publicError(error.toJSON()))) } : {}),
    data: data ?? null,
  }
}
