import { fault } from '@opsource/subgraph'

/** What happens at once is rarely more than a dozen: a reader this far behind has stopped reading. */
const MAX_BEHIND = 256

/**
 * Everything that is told from now on, in order; a reader that falls 256 behind is ended with SUBSCRIPTION_GAP.
 * @param listen is called once with what takes each event; returns what ends the listening
 * @param advice tells such a reader what to do
 */
export function logStream<T>(
  listen: (tell: (event: T) => void) => () => void,
  advice: string,
): AsyncIterableIterator<T> {
  const waiting: T[] = []
  let wake: (() => void) | undefined
  let isDone = false
  let hasGap = false
  const finish = () => {
    isDone = true
    stopListening()
    wake?.()
  }
  const stopListening = listen((event) => {
    waiting.push(event)
    hasGap = waiting.length > MAX_BEHIND
    if (hasGap) finish()
    wake?.()
  })
  const stream: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]: () => stream,
    next: async () => {
      while (!isDone && waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (hasGap) {
        hasGap = false
        throw fault('SUBSCRIPTION_GAP', advice)
      }
      const value = isDone ? undefined : waiting.shift()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    return: async () => {
      finish()
      return { done: true, value: undefined }
    },
  }
  return stream
}
