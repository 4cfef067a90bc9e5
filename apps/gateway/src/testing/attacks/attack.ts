/** What an attack sends, and the answer that is documented for it. */
export type Attack = { readonly name: string } & (HttpAttack | SocketAttack | RawAttack)

/** A request that an HTTP client can be made to send. */
export interface HttpAttack {
  readonly kind: 'HTTP'
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly search?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly status: number
  /** Among the codes answered; null where there are none. */
  readonly code: string | null
}

/** Messages on a WebSocket of the right protocol. */
export interface SocketAttack {
  readonly kind: 'SOCKET'
  /** Whether a greeting goes before. */
  readonly greets: boolean
  readonly messages: readonly (string | Uint8Array)[]
  /** The code that the socket is closed with; null where it must stay open, and answers `code`. */
  readonly closed: number | null
  readonly code: string | null
}

/** Bytes on a connection. */
export interface RawAttack {
  readonly kind: 'RAW'
  readonly bytes: string
  /** How the answer begins; empty where the connection is closed without a word. */
  readonly answer: RegExp
  /** What must not stand in the answer. */
  readonly never?: RegExp
}

export const CODE_OF_SIZE = { status: 400, code: 'QUERY_TOO_COMPLEX' } as const

/** An operation by POST. */
export function operation(
  name: string,
  query: string,
  expected: { status: number; code: string | null },
  more: { variables?: object; headers?: Record<string, string>; operationName?: string } = {},
): Attack {
  const { headers, ...rest } = more
  return {
    name,
    kind: 'HTTP',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, ...rest }),
    ...expected,
  }
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
