import type { ExecutionResult, GraphQLError } from 'graphql'

/**
 * What graphql-ws waits on while a subscription's events go past it, straight to the socket: yields nothing, ends when the subscription
 * ends, with its fault if it has one. Written by hand because a generator function that waits in an `await` does not hear `return()`.
 * @param open begins the subscription and returns what leaves it. It is told how to end the stream, which may be at once.
 */
export function silentStream(
  open: (end: (fault: GraphQLError | null) => void) => () => void,
): AsyncGenerator<ExecutionResult, void, void> {
  const done = { value: undefined, done: true } as const
  const ended = Promise.withResolvers<typeof done>()
  let leave = () => {}
  let isOpen = false
  let isEnded = false
  const end = (fault: GraphQLError | null) => {
    if (isEnded) return
    isEnded = true
    if (fault) ended.reject(fault)
    else ended.resolve(done)
  }
  const finish = async () => {
    end(null)
    leave()
    return done
  }
  const stream: AsyncGenerator<ExecutionResult, void, void> = {
    next() {
      if (!isOpen && !isEnded) {
        isOpen = true
        leave = open(end)
      }
      return ended.promise
    },
    return: finish,
    async throw(error) {
      await finish()
      throw error
    },
    async [Symbol.asyncDispose]() {
      await finish()
    },
    [Symbol.asyncIterator]() {
      return stream
    },
  }
  return stream
}
