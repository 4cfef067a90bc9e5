import type { UpstreamResult } from '../../upstreams/upstream.ts'
import type { Variables } from '../gateways.ts'

/** One operation. Without `expected` it is answered as one server answers that holds all the graph. */
export interface Case {
  readonly query: string
  readonly variables?: Variables
  /** What subgraphs say, where it is not what the world holds. The last of several is said to all further requests. */
  readonly says?: Readonly<Record<string, UpstreamResult | readonly UpstreamResult[]>>
  readonly expected?: { readonly data: unknown; readonly hasErrors: boolean }
  /** Why Apollo's own gateway answers something else. */
  readonly stockFails?: string
  /** Why both do. */
  readonly bothFail?: string
}

/** A feature of federation: subgraphs that use it, and operations that need it. */
export interface Suite {
  readonly name: string
  readonly subgraphs: Readonly<Record<string, string>>
  readonly cases: readonly (string | Case)[]
}

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides", "@external", "@extends", "@shareable", "@override", "@inaccessible", "@interfaceObject", "@tag", "@composeDirective"])\n'

/** Of Federation 2. */
export function suite(name: string, subgraphs: Suite['subgraphs'], cases: Suite['cases']): Suite {
  const linked = Object.fromEntries(Object.entries(subgraphs).map(([subgraph, sdl]) => [subgraph, LINK + sdl]))
  return { name, subgraphs: linked, cases }
}

/** Of subgraphs as Federation 1 wrote them, or that link what they need themselves. */
export function plainSuite(name: string, subgraphs: Suite['subgraphs'], cases: Suite['cases']): Suite {
  return { name, subgraphs, cases }
}

/** Data that is as expected, and nothing amiss. */
export function fine(data: unknown): NonNullable<Case['expected']> {
  return { data, hasErrors: false }
}

/** Data of which something is missing, and errors that say so. */
export function faulty(data: unknown): NonNullable<Case['expected']> {
  return { data, hasErrors: true }
}
