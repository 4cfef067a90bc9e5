import { SECURITY_SPECS } from '../authorize/rules.ts'

const ENFORCED_SPECS = SECURITY_SPECS.map((spec) => `${spec}/v0.1`)
const SECURITY_LINK = /@link\(url: "https:\/\/specs\.apollo\.dev\/([^"]+)"([^)]*?), for: SECURITY\)/g

/**
 * `@apollo/gateway` refuses a supergraph that links a spec `for: SECURITY`, since it enforces none. This takes the purpose off
 * exactly those that the gateway enforces (`Authorization`); with any other the gateway goes on refusing, so it fails closed.
 */
export function acceptEnforced(supergraphSdl: string): string {
  return supergraphSdl.replace(SECURITY_LINK, (link, spec: string, rest: string) =>
    ENFORCED_SPECS.includes(spec) ? `@link(url: "https://specs.apollo.dev/${spec}"${rest})` : link,
  )
}
