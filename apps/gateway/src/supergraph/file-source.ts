import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { SupergraphSource } from './source.ts'

/** Looked at by its metadata rather than by file events: mounted configuration is swapped behind symbolic links, where those stay silent. */
const LOOK_EVERY_MS = 1_000

/** A composed supergraph in a file, which is taken up again whenever it changes. */
export function fileSource(file: string): SupergraphSource {
  return {
    name: file,
    read: () =>
      readFile(file, 'utf8').catch(() => {
        throw new Error(`There is no supergraph at ${file}: run \`npm run compose\``)
      }),
    watch: (changed) => {
      const listener = () => changed()
      watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, listener)
      return () => unwatchFile(file, listener)
    },
  }
}
