import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

/** rover's `supergraph.yaml` (https://www.apollographql.com/docs/rover/commands/supergraphs), without Studio's graph references. */
const configurationSchema = z.strictObject({
  federation_version: z.union([z.string(), z.number()]).optional(),
  subgraphs: z.record(
    z.string(),
    z.strictObject({
      routing_url: z.string().optional(),
      schema: z.union([
        z.strictObject({ file: z.string() }),
        z.strictObject({ sdl: z.string() }),
        z.strictObject({
          subgraph_url: z.string(),
          introspection_headers: z.record(z.string(), z.string()).optional(),
        }),
      ]),
    }),
  ),
})

type SubgraphConfiguration = z.infer<typeof configurationSchema>['subgraphs'][string]

export interface SubgraphSource {
  readonly name: string
  readonly url: string
  readonly sdl: string
}

const sdlAnswer = z.object({ data: z.object({ _service: z.object({ sdl: z.string() }) }) })

/**
 * Reads a configuration and every schema it names.
 * @param environment fills `${env.NAME}`.
 * @throws Error naming the file, variable or subgraph at fault.
 */
export async function readSubgraphs(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SubgraphSource[]> {
  const text = expandVariables(await readFile(file, 'utf8'), environment)
  const parsed = configurationSchema.safeParse(parseYaml(text))
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`)
  return Promise.all(
    Object.entries(parsed.data.subgraphs).map(async ([name, subgraph]) => ({
      name,
      url: routingUrl(name, subgraph),
      sdl: await readSdl(name, subgraph, path.dirname(file)),
    })),
  )
}

/** @throws Error naming the first variable that is not set. */
export function expandVariables(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{env\.(\w+)\}/g, (_, name: string) => {
    const value = environment[name]
    if (value === undefined)
      throw new Error(`supergraph.yaml asks for the environment variable ${name}, which is not set`)
    return value
  })
}

function routingUrl(name: string, subgraph: SubgraphConfiguration): string {
  const url = subgraph.routing_url ?? ('subgraph_url' in subgraph.schema ? subgraph.schema.subgraph_url : undefined)
  if (url === undefined) throw new Error(`The subgraph ${name} has no routing_url`)
  return url
}

async function readSdl(name: string, { schema }: SubgraphConfiguration, directory: string): Promise<string> {
  if ('sdl' in schema) return schema.sdl
  if ('file' in schema) {
    return readFile(path.resolve(directory, schema.file), 'utf8').catch(() => {
      throw new Error(`The subgraph ${name} has no schema at ${schema.file}: run \`npm run generate\` first`)
    })
  }
  const response = await fetch(schema.subgraph_url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...schema.introspection_headers },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  })
  const answer = sdlAnswer.safeParse(await response.json())
  if (!answer.success) throw new Error(`The subgraph ${name} does not tell its schema at ${schema.subgraph_url}`)
  return answer.data.data._service.sdl
}
