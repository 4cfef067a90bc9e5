import { fault } from '@opsource/subgraph'
import type { Lane } from './lane.ts'
import type { FoundPattern } from './recogniser.ts'

/** What one bar completes is rarely more than a dozen: a reader this far behind has stopped reading. */
const MAX_BEHIND = 256

/** Every pattern of a lane from now on, in order; a reader that falls MAX_BEHIND behind is ended with SUBSCRIPTION_GAP. */
export function patternStream(lane: Lane, family: FoundPattern['family'] | null): AsyncIterableIterator<FoundPattern> {
  const waiting: FoundPattern[] = []
  let wake: (() => void) | undefined
  let isDone = false
  let hasGap = false
  const finish = () => {
    isDone = true
    stopListening()
    wake?.()
  }
  const stopListening = lane.listen((pattern) => {
    if (family !== null && pattern.family !== family) return
    waiting.push(pattern)
    hasGap = waiting.length > MAX_BEHIND
    if (hasGap) finish()
    wake?.()
  })
  const stream: AsyncIterableIterator<FoundPattern> = {
    [Symbol.asyncIterator]: () => stream,
    next: async () => {
      while (!isDone && waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (hasGap) {
        hasGap = false
        throw fault('SUBSCRIPTION_GAP', 'A pattern would be missed: read `patterns`, then subscribe again.')
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
