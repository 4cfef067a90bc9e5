import type { StoreRefusal } from './offline/refusal.ts'

export const EMPTY_RANGE = 'A range ends after it begins.'

export const instant = (time: number) => new Date(time).toISOString()
export const refusedBy = ({ code, message }: StoreRefusal) => ({
  __typename: 'FeatureStoreRefused' as const,
  code,
  message,
})

/** @returns null where it does not end after it begins. */
export function rangeOf({ from, to }: { readonly from: string; readonly to: string }) {
  const range = { from: Date.parse(from), to: Date.parse(to) }
  return range.from < range.to ? range : null
}
