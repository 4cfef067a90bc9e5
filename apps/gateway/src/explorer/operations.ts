import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** An operation to try, as a file `NN-name.graphql` with its variables in `NN-name.variables.json` beside it. */
export interface ExampleOperation {
  /** Such as `live order book`. */
  readonly title: string
  readonly query: string
  /** A JSON document. */
  readonly variables: string
}

/** @returns the operations of a folder in the order of their numbers; none where there is no such folder. */
export async function readOperations(folder: string): Promise<ExampleOperation[]> {
  const files = await readdir(folder).catch(() => [])
  return Promise.all(
    files
      .filter((file) => file.endsWith('.graphql'))
      .sort()
      .map(async (file) => {
        const name = path.basename(file, '.graphql')
        return {
          title: name.replace(/^\d+-/, '').replaceAll('-', ' '),
          query: await readFile(path.join(folder, file), 'utf8'),
          variables: await readFile(path.join(folder, `${name}.variables.json`), 'utf8').catch(() => '{}'),
        }
      }),
  )
}
