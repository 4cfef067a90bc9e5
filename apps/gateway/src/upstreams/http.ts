import type { SerializedRequest } from '@opsource/subgraph'
import { fault } from '../errors.ts'
import { limits } from '../limits/limits.ts'
import { AnswerTooLarge } from './answer-body.ts'
import { Poster } from './posting.ts'
import { UpstreamSockets } from './sockets.ts'
import {
  type FetchLimits,
  OversizedAnswer,
  readResult,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamResult,
  type UpstreamSink,
  UpstreamUnavailable,
} from './upstream.ts'

/** A probe that takes longer means: not ready. */
const READY_TIMEOUT_MS = 2_000

/** A subgraph behind a URL, over kept connections; subscriptions over graphql-transport-ws on the same path. */
export class HttpUpstream implements Upstream {
  readonly name: string
  readonly #poster: Poster
  readonly #sockets: UpstreamSockets

  /** @param maxAnswerBytes of one answer, and of one event of a subscription. */
  constructor(name: string, url: string, maxAnswerBytes: number = limits.answerBytes) {
    this.name = name
    this.#poster = new Poster(new URL(url), { maxAnswerBytes })
    this.#sockets = new UpstreamSockets(name, url, maxAnswerBytes)
  }

  async execute(request: SerializedRequest, limits: FetchLimits): Promise<UpstreamAnswer> {
    try {
      const { status, cacheControl, text } = await this.#poster.post(request.headers, request.body, limits)
      return { result: this.#answer(status, text), cacheControl }
    } catch (error) {
      if (error instanceof UpstreamUnavailable) throw error
      if (error instanceof AnswerTooLarge) throw new OversizedAnswer(this.name, error.message)
      throw new UpstreamUnavailable(this.name, error instanceof Error ? error.message : String(error))
    }
  }

  subscribe(request: SerializedRequest, sink: UpstreamSink): () => void {
    return this.#sockets.subscribe(request, sink)
  }

  async ready(): Promise<void> {
    const answer = await this.execute(
      { body: '{"query":"{ __typename }"}', headers: { 'content-type': 'application/json' } },
      { timeoutMs: READY_TIMEOUT_MS },
    )
    if (!answer.result.data) throw new UpstreamUnavailable(this.name, 'it does not answer a query')
  }

  async close(): Promise<void> {
    await this.#sockets.close()
    await this.#poster.close()
  }

  /** A GraphQL body says more than its status; without one, 401 and 403 still speak of the caller, the rest of the subgraph. */
  #answer(status: number, text: string): UpstreamResult {
    try {
      return readResult(this.name, text)
    } catch (error) {
      if (status === 401)
        return { errors: [fault('UNAUTHENTICATED', `${this.name} does not know the caller.`, this.name).toJSON()] }
      if (status === 403)
        return { errors: [fault('FORBIDDEN', `${this.name} does not let the caller do this.`, this.name).toJSON()] }
      throw status >= 400 ? new UpstreamUnavailable(this.name, `it answered ${status}`) : error
    }
  }
}
