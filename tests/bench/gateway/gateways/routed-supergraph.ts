import { readFileSync } from 'node:fs'
import path from 'node:path'
import { acceptEnforced } from '../../../../apps/gateway/src/supergraph/enforced-specs.ts'
import { SUBGRAPHS } from '../operations.ts'

/** The supergraph of the repository with the bench's subgraphs in it. */
export function routedSupergraph(firstPort: number): string {
  const sdl = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
  return SUBGRAPHS.reduce(
    (text, name, index) =>
      text.replace(
        new RegExp(`(@join__graph\\(name: "${name}", url: ")[^"]*"`),
        `$1http://127.0.0.1:${firstPort + index}/graphql"`,
      ),
    acceptEnforced(sdl),
  )
}

/** The same, but that everybody's answer to everything may be kept. */
export function keptSupergraph(firstPort: number): string {
  return routedSupergraph(firstPort)
    .replace(/(?<!directive )@cacheControl\([^)]*\)/g, '')
    .replace(/^type \w+(?: implements [\w& ]+)?/gm, '$& @cacheControl(maxAge: 3600)')
}
