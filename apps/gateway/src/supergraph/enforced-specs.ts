/** The security specs whose directives every subgraph of this project enforces itself (packages/subgraph). */
const ENFORCED_SPECS = ['authenticated/v0.1', 'requiresScopes/v0.1']
const SECURITY_LINK = /@link\(url: "https:\/\/specs\.apollo\.dev\/([^"]+)"([^)]*?), for: SECURITY\)/g

/**
 * `@apollo/gateway` refuses a supergraph that links a spec `for: SECURITY`, since it enforces none. This takes the purpose off
 * exactly those that the project enforces; with any other the gateway goes on refusing, so it fails closed.
 */
export function acceptEnforced(supergraphSdl: string): string {
  return supergraphSdl.replace(SECURITY_LINK, (link, spec: string, rest: string) =>
    ENFORCED_SPECS.includes(spec) ? `@link(url: "https://specs.apollo.dev/${spec}"${rest})` : link,
  )
}
