/** What goes to a worker thread: something to answer, under a number that the answer carries. */
export interface WorkerRequest<Request> {
  readonly id: number
  readonly request: Request
}

/** Goes to a worker thread instead of a request: it is to end when it is done with what it has. */
export const END = 'END'

/** What a worker thread says: `READY` once, when it can answer; `FAILED` without an id where it never will. */
export type WorkerReply<Answer, Ready> =
  | { readonly kind: 'READY'; readonly ready: Ready }
  | { readonly kind: 'ANSWER'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'FAILED'; readonly id: number | null; readonly message: string }
