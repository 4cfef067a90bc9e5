import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const PRELUDE = path.join(import.meta.dirname, 'prelude.graphql')

/**
 * Joins the prelude and every feature's `schema.graphql` of a domain, in the order of the features' names, so that the same
 * files always give the same text.
 * @param source the domain's `src` folder.
 */
export function mergeSchema(source: string): string {
  const features = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'schema.graphql' && path.dirname(file) !== 'generated')
    .sort()
  if (features.length === 0) throw new Error(`no feature of ${source} has a schema.graphql`)
  const texts = [PRELUDE, ...features.map((file) => path.join(source, file))].map((file) => readFileSync(file, 'utf8'))
  return `${texts.map((text) => text.trim()).join('\n\n')}\n`
}
