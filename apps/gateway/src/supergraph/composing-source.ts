import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { SupergraphSource } from './source.ts'

/** How often the subgraphs' schemas are looked at: an author waits no longer than this for what was written. */
const COMPOSE_EVERY_MS = 2_000

const composedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('COMPOSED'), sdl: z.string() }),
  z.object({ kind: z.literal('FAILED'), reason: z.string() }),
])

/**
 * For development: composes the subgraphs that rover's `supergraph.yaml` names, in a thread of its own, so that the gateway goes on
 * answering meanwhile.
 * @param file the configuration; schemas from files, texts or running subgraphs.
 */
export function composingSource(file: string, everyMs = COMPOSE_EVERY_MS): SupergraphSource {
  let newest: string | null = null
  const read = async () => {
    const composed = await composeApart(file)
    newest = composed
    return composed
  }
  return {
    name: file,
    read,
    watch: (changed) => {
      let timer: NodeJS.Timeout
      let isWatching = true
      let reason: string | null = null
      const look = async () => {
        const before = newest
        const fault = await read().then(
          () => null,
          (error: Error) => error.message,
        )
        if (!isWatching) return
        // A composition that fails in the same way again is not news.
        if (fault === null ? newest !== before || reason !== null : fault !== reason) changed()
        reason = fault
        timer = setTimeout(look, everyMs).unref()
      }
      timer = setTimeout(look, everyMs).unref()
      return () => {
        isWatching = false
        clearTimeout(timer)
      }
    },
  }
}

/** Composing takes some hundred milliseconds of processor. Rejects with every composition error. */
async function composeApart(file: string): Promise<string> {
  const worker = new Worker(new URL('./compose-worker.ts', import.meta.url), { workerData: file })
  worker.unref()
  const answer = new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`The composing thread ended with ${code}`)))
  })
  try {
    const composed = composedSchema.parse(await answer)
    if (composed.kind === 'FAILED') throw new Error(composed.reason)
    return composed.sdl
  } finally {
    await worker.terminate()
  }
}
