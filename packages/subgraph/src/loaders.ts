import type { SubgraphContext } from './subgraph.ts'

/**
 * Makes something once per request, such as a DataLoader, so that what one request may see never leaks into another.
 * @returns what belongs to the request of the context.
 */
export function perRequest<T>(make: (context: SubgraphContext) => T): (context: SubgraphContext) => T {
  const made = new WeakMap<SubgraphContext, { readonly value: T }>()
  return (context) => {
    const known = made.get(context) ?? { value: make(context) }
    made.set(context, known)
    return known.value
  }
}
