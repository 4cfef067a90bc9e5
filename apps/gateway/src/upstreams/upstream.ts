import type { SerializedRequest } from '@opsource/subgraph'
import type { GraphQLFormattedError } from 'graphql'
import { z } from 'zod'
import { isPlain, type Plain } from '../execute/plain.ts'
import type { Departure } from './departure.ts'

/** One subgraph as the gateway reaches it: in this process or over HTTP. Only serialised text crosses. */
export interface Upstream {
  readonly name: string
  /** Rejects with `UpstreamUnavailable` where no GraphQL answer comes within `timeoutMs`, or nobody waits any more; `OversizedAnswer` where it is too large. */
  execute(request: SerializedRequest, limits: FetchLimits): Promise<UpstreamAnswer>
  /** @returns a function that ends the subscription at its source; nothing reaches the sink after it. */
  subscribe(request: SerializedRequest, sink: UpstreamSink): () => void
  /** Rejects, saying why, while the subgraph cannot do its work. */
  ready(): Promise<void>
  close(): Promise<void>
}

export interface FetchLimits {
  readonly timeoutMs: number
  /** Of those who wait for the answer. */
  readonly departure?: Departure | undefined
}

export interface UpstreamAnswer {
  readonly result: UpstreamResult
  /** The subgraph's `cache-control`; null where it said nothing. */
  readonly cacheControl: string | null
}

/** Where a subscription's events go. One of `complete`, `refused` and `lost` ends it. */
export interface UpstreamSink {
  next(event: UpstreamResult): void
  complete(): void
  /** The subgraph will not serve this, or no longer: a result without data, first or later, is no event. */
  refused(errors: readonly GraphQLFormattedError[]): void
  /** The subgraph went away. */
  lost(reason: string): void
}

export class UpstreamUnavailable extends Error {
  readonly service: string

  /** `reason` is for the log; clients only hear that the subgraph is not available. */
  constructor(service: string, reason: string) {
    super(`${service}: ${reason}`)
    this.name = 'UpstreamUnavailable'
    this.service = service
  }
}

/** It answers, but with more than the gateway keeps. */
export class OversizedAnswer extends UpstreamUnavailable {
  override readonly name = 'OversizedAnswer'
}

const errorSchema = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
})
const resultSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(errorSchema).optional(),
})

export interface UpstreamResult {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
  /** How long its fields took, for who asked: Apollo's `ftv1`. */
  readonly trace?: string
}

/** @throws UpstreamUnavailable where the text is not a GraphQL result. */
export function readResult(service: string, text: string): UpstreamResult {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new UpstreamUnavailable(service, 'the answer is not JSON')
  }
  return checkResult(service, document)
}

/** @throws UpstreamUnavailable where the value is not a GraphQL result. */
export function checkResult(service: string, document: unknown): UpstreamResult {
  // Nearly all answers are data alone, and some are large: that they are an object is all there is to check.
  if (isPlain(document) && document.errors === undefined && (document.data === null || isPlain(document.data))) {
    return { data: document.data, ...traceOf(document) }
  }
  const parsed = resultSchema.safeParse(document)
  if (!parsed.success || (parsed.data.data === undefined && parsed.data.errors === undefined)) {
    throw new UpstreamUnavailable(service, 'the answer is not a GraphQL result')
  }
  const { data, errors } = parsed.data
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map(formatted) }),
    ...(isPlain(document) ? traceOf(document) : {}),
  }
}

function traceOf({ extensions }: Plain): { trace?: string } {
  return isPlain(extensions) && typeof extensions.ftv1 === 'string' ? { trace: extensions.ftv1 } : {}
}

function formatted({ message, path, extensions }: z.infer<typeof errorSchema>): GraphQLFormattedError {
  return { message, ...(path ? { path } : {}), ...(extensions ? { extensions } : {}) }
}
