import type { Subgraph } from './subgraph.ts'

/** A document of the issuer in this process, which believes itself for the same reasons as everyone else: what its documents say. */
export async function wellKnownDocument(issuer: Subgraph | undefined, path: string): Promise<string> {
  const route = issuer?.routes.find((known) => known.path === path)
  if (!route) throw new Error(`${path} is not served yet`)
  return route.answer()
}
