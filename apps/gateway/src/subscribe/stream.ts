import type { ExecutionResult } from 'graphql'

/** What graphql-ws reads a subscription from. */
export type EventStream = AsyncGenerator<ExecutionResult, void, void>

/**
 * An async generator written by hand: a generator function that waits in an `await` does not hear `return()`, and its upstream
 * subscription would outlive the client.
 * @param take gives the next event, or null at the end; a rejection ends the stream with that fault.
 * @param release is called once, however the stream ends.
 */
export function eventStream(take: () => Promise<{ item: ExecutionResult } | null>, release: () => void): EventStream {
  let released = false
  const finish = () => {
    if (released) return
    released = true
    release()
  }
  const stream: EventStream = {
    async next() {
      try {
        const taken = released ? null : await take()
        if (taken && !released) return { value: taken.item, done: false }
      } catch (error) {
        finish()
        throw error
      }
      finish()
      return { value: undefined, done: true }
    },
    async return() {
      finish()
      return { value: undefined, done: true }
    },
    async throw(error) {
      finish()
      throw error
    },
    async [Symbol.asyncDispose]() {
      finish()
    },
    [Symbol.asyncIterator]() {
      return stream
    },
  }
  return stream
}

/** The stream with at least `intervalMs` between two events. Meanwhile its source treats the reader as the slow one it asked to be. */
export function paced(stream: EventStream, intervalMs: number): EventStream {
  let readyAt = 0
  let hurry = () => {}
  const next = async () => {
    const waitMs = readyAt - performance.now()
    if (waitMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        hurry = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    const result = await stream.next()
    readyAt = performance.now() + intervalMs
    return result.done ? null : { item: result.value }
  }
  return eventStream(next, () => {
    hurry()
    void stream.return()
  })
}
