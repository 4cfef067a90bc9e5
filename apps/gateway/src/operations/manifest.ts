import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'

/** The form that `@apollo/generate-persisted-query-manifest` writes. */
const manifestSchema = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(
    z.object({
      /** What clients send in place of the text; usually its SHA-256. */
      id: z.string().min(1),
      name: z.string(),
      type: z.enum(['query', 'mutation', 'subscription']),
      body: z.string().min(1),
    }),
  ),
})

export type ListedOperation = z.infer<typeof manifestSchema>['operations'][number]

/** The operations that a client's build has registered. */
export class Manifest {
  readonly operations: readonly ListedOperation[]
  readonly #byId: ReadonlyMap<string, ListedOperation>
  readonly #texts: ReadonlySet<string>

  constructor(operations: readonly ListedOperation[]) {
    this.operations = operations
    // Who has the text but not the client's own id finds it by its hash, as automatic persisted queries name it.
    this.#byId = new Map([
      ...operations.map((operation) => [hashOf(operation.body), operation] as const),
      ...operations.map((operation) => [operation.id, operation] as const),
    ])
    this.#texts = new Set(operations.map(({ body }) => body))
  }

  textOf(id: string): string | null {
    return this.#byId.get(id)?.body ?? null
  }

  lists(text: string): boolean {
    return this.#texts.has(text)
  }
}

/** Rejects, naming the file, where it cannot be read as a manifest or two operations share an id. */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`There is no manifest of operations at ${file}`)
  })
  const parsed = manifestSchema.safeParse(parseJson(text))
  if (!parsed.success) throw new Error(`${file} is not a manifest of operations: ${z.prettifyError(parsed.error)}`)
  const { operations } = parsed.data
  const ids = new Set(operations.map(({ id }) => id))
  if (ids.size < operations.length) throw new Error(`${file} gives two operations one id`)
  return new Manifest(operations)
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
