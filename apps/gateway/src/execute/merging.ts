import { isPlain, own, type Plain, setOwn } from './plain.ts'

/**
 * Merges what a subgraph said of an object into what is known of it. Objects merge, lists of one length merge element by element, and
 * anything else is replaced; parts of `source` become parts of `target`.
 */
export function mergeInto(target: Plain, source: Plain): void {
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (value === undefined) continue
    const known = own(target, key)
    if (isPlain(known) && isPlain(value)) mergeInto(known, value)
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value)
    else setOwn(target, key, value)
  }
}

function mergeLists(target: unknown[], source: readonly unknown[]): void {
  for (const [index, value] of source.entries()) {
    const known = target[index]
    if (isPlain(known) && isPlain(value)) mergeInto(known, value)
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value)
    else target[index] = value
  }
}

/** A copy that shares nothing with a JSON value: what is merged into one place must not show in another. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isPlain(value)) return value
  const copy: Plain = {}
  for (const key of Object.keys(value)) setOwn(copy, key, copyOf(value[key]))
  return copy
}
