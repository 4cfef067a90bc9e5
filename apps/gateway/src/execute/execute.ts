import type { ExecutionResult, GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import type { Variables } from './conditions.ts'
import type { Run } from './fetches.ts'
import type { CompiledOperation } from './operation.ts'
import { BUBBLE, type ObjectShape, type Shaping } from './shape.ts'
import type { CachePolicy, Sources } from './source.ts'

export interface Execution {
  /** As the client sent them. */
  readonly variables: Variables
  readonly context: OperationContext
  readonly sources: Sources
  /** Restricted by what the subgraphs say of their answers. */
  readonly cachePolicy?: CachePolicy
  /** The answer to a subscription's own fetch: an event. It is changed: what joins it is merged into it. */
  readonly answered?: UpstreamResult
  /** What is known to be missing before anything is asked. */
  readonly errors?: readonly GraphQLError[]
}

/** Runs a plan and shapes what it brought. Faults of subgraphs and of values are errors in the answer. */
export async function execute(
  operation: CompiledOperation,
  { variables, context, sources, cachePolicy, answered, errors = [] }: Execution,
): Promise<ExecutionResult> {
  const values = operation.coerce(variables)
  if ('errors' in values) return { errors: values.errors }
  const run: Run = {
    variables,
    coerced: values.coerced,
    context,
    sources,
    cachePolicy: cachePolicy ?? null,
    data: Object.create(null),
    errors: [...errors],
  }
  if (answered) operation.primary?.fetch.absorb(answered, run)
  const { plan, response } = operation.variant(values.coerced)
  await plan?.run(run)
  return shapeOf(response, run)
}

/** Where a subgraph said what is wrong, nothing more is said of the nulls that follow from it. */
function shapeOf(response: ObjectShape, run: Run): ExecutionResult {
  const shaping: Shaping = { variables: run.coerced, given: run.variables, path: [], errors: [] }
  const completed = response.completeFields(run.data, shaping)
  const data = completed === BUBBLE ? null : completed
  if (run.errors.length > 0) return { errors: run.errors, data }
  return shaping.errors.length > 0 ? { errors: shaping.errors.map(internal), data } : { data }
}

function internal(error: GraphQLError): GraphQLError {
  const { extensions } = fault('INTERNAL_SERVER_ERROR', error.message)
  return Object.assign(error, { extensions })
}
