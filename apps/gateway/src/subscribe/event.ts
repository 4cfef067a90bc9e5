import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { ExecutionResult, GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { PublicError, publicError } from '../errors.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import type { SubscriptionPlan, SubscriptionPlans } from './plans.ts'

type PlanRequest = Parameters<typeof executeQueryPlan>[2]

/** Events are new: nothing that belongs to them is ever kept. */
const noCache = { get: async () => undefined, set: async () => {}, delete: async () => true }

export interface EventExecution {
  readonly plans: SubscriptionPlans
  readonly plan: SubscriptionPlan
  readonly variables: Readonly<Record<string, unknown>>
  readonly sources: Readonly<Record<string, GraphQLDataSource<OperationContext>>>
  readonly context: OperationContext
  readonly log: Logger
}

/**
 * Turns one event of the owning subgraph into one answer. The whole plan runs through the gateway's own executor with the first
 * fetch answered by the event, so that joins, renamings, error places and null propagation are those of every query.
 * @param event is changed: the executor merges what joins it into it.
 */
export async function executeEvent(execution: EventExecution, event: UpstreamResult): Promise<ExecutionResult> {
  const { plans, plan, variables, sources, context, log } = execution
  const { primary, operationContext } = plan
  const owner = sources[primary.serviceName]
  if (!owner) throw new Error(`No data source for ${primary.serviceName}`)
  const answered: GraphQLDataSource<OperationContext> = {
    process: (options) =>
      options.request.query === primary.operation ? Promise.resolve(answerOf(event)) : owner.process(options),
  }
  const requestContext: PlanRequest = {
    request: { query: '', variables: { ...variables } },
    context,
    logger: log,
    // The executor records the places of subgraph errors in it.
    metrics: {},
    schema: plans.schema,
    document: plan.document,
    operation: operationContext.operation,
    operationName: operationContext.operation.name?.value ?? null,
    source: '',
    queryHash: '',
    schemaHash: '' as PlanRequest['schemaHash'],
    cache: noCache,
    overallCachePolicy: undefined,
  }
  const result = await executeQueryPlan(
    plan.queryPlan,
    Object.assign(Object.create(null), sources, { [primary.serviceName]: answered }),
    requestContext,
    operationContext,
    plans.supergraphSchema,
    plans.apiSchema,
  )
  const errors = [...(result.errors ?? []).map((error) => error.toJSON()), ...nulledFields(result.extensions)]
  return {
    ...(errors.length > 0 ? { errors: errors.map((error) => new PublicError(publicError(error))) } : {}),
    data: result.data ?? null,
  }
}

function answerOf({ data, errors }: UpstreamResult) {
  return { ...(data === undefined ? {} : { data }), ...(errors ? { errors } : {}) }
}

/** Where only the gateway sees that a non-null field is null, it hides the error in an extension and leaves the client a bare null. */
export function nulledFields(extensions: Record<string, unknown> | undefined): GraphQLFormattedError[] {
  const completion = extensions?.valueCompletion
  if (!Array.isArray(completion)) return []
  return completion
    .filter((error): error is Error => error instanceof Error)
    .map((error) => ({ message: error.message }))
}
