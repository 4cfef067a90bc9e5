/**
 * The newest state from now on, beginning with the one there is. A reader that is slower than states come gets the newest only.
 * @param first null where there is none yet
 * @param listen is called once with what takes each state; returns what ends the listening
 */
export function stateStream<T extends object>(
  first: T | null,
  listen: (tell: (state: T) => void) => () => void,
): AsyncIterableIterator<T> {
  let pending = first
  let wake: (() => void) | undefined
  let isDone = false
  const stopListening = listen((state) => {
    pending = state
    wake?.()
  })
  const stream: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]: () => stream,
    next: async () => {
      while (!isDone && pending === null) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (isDone || pending === null) return { done: true, value: undefined }
      const value = pending
      pending = null
      return { done: false, value }
    },
    return: async () => {
      isDone = true
      stopListening()
      wake?.()
      return { done: true, value: undefined }
    },
  }
  return stream
}
