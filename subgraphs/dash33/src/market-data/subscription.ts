import { fault } from '@opsource/subgraph'

/** Wraps each value as the root object of a subscription field; leaving the wrapper leaves the source. */
export function under<K extends string, T>(field: K, source: AsyncIterator<T>): AsyncIterableIterator<Record<K, T>> {
  const wrap = (result: IteratorResult<T>): IteratorResult<Record<K, T>> =>
    result.done ? { done: true, value: undefined } : { done: false, value: rootOf(field, result.value) }
  const wrapped: AsyncIterableIterator<Record<K, T>> = {
    next: async () => wrap(await source.next()),
    return: async () => {
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => wrapped,
  }
  return wrapped
}

function rootOf<K extends string, T>(field: K, value: T): Record<K, T>
function rootOf(field: string, value: unknown): Record<string, unknown> {
  return { [field]: value }
}

/** @returns what belongs to the market. Throws BAD_USER_INPUT where there is none of that symbol. */
export function ofMarket<T>(bySymbol: ReadonlyMap<string, T>, symbol: string): T {
  const found = bySymbol.get(symbol)
  if (found === undefined) throw fault('BAD_USER_INPUT', 'There is no market of that symbol.')
  return found
}
