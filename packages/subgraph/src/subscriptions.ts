import type { Identity } from '@opsource/identity'
import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  subscribe,
} from 'graphql'
import type { Logger } from 'pino'
import { requirementOf } from './authorization.ts'
import { identify } from './caller.ts'
import { checkedDocument } from './document.ts'
import { fault } from './errors.ts'
import { formatError, refusal } from './formatting.ts'
import type { Observer } from './observe.ts'
import { type GraphqlRequest, parseRequest } from './request.ts'
import type { Ports, SerializedRequest, SubgraphContext } from './subgraph.ts'

/** Open at a time in one subgraph: the gateway shares one among all clients that ask the same. */
const MAX_SUBSCRIPTIONS = 10_000

/** How long a source may take to end. */
const END_LIMIT_MS = 1_000

interface Parts {
  readonly schema: GraphQLSchema
  readonly ports: Ports
  readonly log: Logger
  readonly observer: Observer
}

interface OpenSource {
  readonly events: AsyncIterator<ExecutionResult>
  readonly identity: Identity | null
  readonly isPrivate: boolean
}

/** The live side of a subgraph: serialised requests in, serialised results out. */
export class Subscriptions {
  readonly #parts: Parts
  readonly #open = new Set<AsyncIterator<string>>()
  #stopping = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What is wrong with a request comes as its only result. `return()` reaches the source even while `next()` waits. */
  open(request: SerializedRequest): AsyncIterableIterator<string> {
    const { observer, ports } = this.#parts
    const requestId = request.headers['x-request-id'] ?? ports.ids.next('req')
    const log = this.#parts.log.child({ requestId })
    let source: Promise<OpenSource> | undefined
    let ended = false
    const results: AsyncIterableIterator<string> = {
      [Symbol.asyncIterator]: () => results,
      next: async () => {
        if (ended) return { done: true, value: undefined }
        try {
          source ??= this.#start(request, requestId)
          const { events, identity, isPrivate } = await source
          if (ended) return await end(events)
          const { done, value } = await events.next()
          if (done || ended) return await end(events)
          if (isPrivate && identity !== null && !ports.verifier.stillCounts(identity)) {
            await end(events)
            return { done: false, value: this.#serialise({ errors: [outlived()] }, log) }
          }
          return { done: false, value: this.#serialise(value, log) }
        } catch (error) {
          const wasEnded = ended
          await end()
          return wasEnded ? { done: true, value: undefined } : { done: false, value: refusal(error, log) }
        }
      },
      return: async () => {
        const opened = source
        if (opened === undefined) return end()
        // A source that is still being opened is ended as soon as it is there.
        ended = true
        this.#forget(results, requestId)
        await letGo(opened, log)
        return { done: true, value: undefined }
      },
    }
    const end = async (events?: AsyncIterator<ExecutionResult>): Promise<IteratorResult<string>> => {
      ended = true
      this.#forget(results, requestId)
      if (events !== undefined) await letGo(Promise.resolve({ events }), log)
      return { done: true, value: undefined }
    }
    this.#open.add(results)
    observer.subscriptionOpened()
    return results
  }

  /** Ends all that are open, and takes no more. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all([...this.#open].map((results) => results.return?.()))
  }

  #forget(results: AsyncIterator<string>, requestId: string): void {
    if (this.#open.delete(results)) this.#parts.observer.subscriptionClosed(requestId)
  }

  async #start(request: SerializedRequest, requestId: string): Promise<OpenSource> {
    const { schema, ports, log, observer } = this.#parts
    if (this.#stopping) throw fault('SERVER_SHUTDOWN', 'The service is stopping.')
    if (this.#open.size > MAX_SUBSCRIPTIONS) throw fault('QUERY_TOO_COMPLEX', 'Too many subscriptions are open.')
    const identity = await identify(request.headers, ports.verifier)
    const body = parseRequest(request)
    const document = checkedDocument(schema, body)
    const context: SubgraphContext = {
      // What is guarded within a public field must not outlive the token either.
      get identity() {
        return identity !== null && ports.verifier.stillCounts(identity) ? identity : null
      },
      log: log.child({ requestId }),
      requestId,
    }
    const opened = await subscribe({
      schema,
      document,
      contextValue: context,
      variableValues: body.variables ?? {},
      operationName: body.operationName ?? null,
    })
    const isPrivate = this.#isPrivate(document, body)
    observer.subscribed({ requestId, operationName: body.operationName, userId: identity?.userId ?? null })
    if (Symbol.asyncIterator in opened) return { events: opened, identity, isPrivate }
    return { events: once(opened), identity, isPrivate }
  }

  /** Whether the subscribed field asks for a token, so that it must end with the token. */
  #isPrivate(document: DocumentNode, body: GraphqlRequest): boolean {
    const fields = this.#parts.schema.getSubscriptionType()?.getFields() ?? {}
    const selections = getOperationAST(document, body.operationName)?.selectionSet.selections ?? []
    return selections.some((selection) => {
      const field = selection.kind === Kind.FIELD ? fields[selection.name.value] : undefined
      return requirementOf(field?.astNode?.directives ?? [])?.kind !== 'PUBLIC'
    })
  }

  #serialise(result: ExecutionResult, log: Logger): string {
    const errors = result.errors?.map((error) => formatError(error, log))
    return JSON.stringify(
      errors === undefined ? result : { errors, ...('data' in result ? { data: result.data } : {}) },
    )
  }
}

/** Ends a source. One that is parked in an async generator does not hear it until its next event: nobody waits for that. */
async function letGo(opened: Promise<Pick<OpenSource, 'events'>>, log: Logger): Promise<void> {
  const ended = opened
    .then(({ events }) => events.return?.())
    .catch((error: unknown) => log.debug({ err: error }, 'a source failed while it was ended'))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn('the source of a subscription does not end')
      resolve()
    }, END_LIMIT_MS)
  })
  await Promise.race([ended, late]).finally(() => clearTimeout(timer))
}

function outlived(): GraphQLError {
  return fault('UNAUTHENTICATED', 'The access token of this subscription has ended.')
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result
}
