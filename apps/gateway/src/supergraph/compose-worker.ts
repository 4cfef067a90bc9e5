import { parentPort, workerData } from 'node:worker_threads'
import { environment } from '../config.ts'
import { compose, listFaults } from './composition.ts'
import { readSubgraphs } from './configuration.ts'

try {
  const composed = compose(await readSubgraphs(String(workerData), environment))
  if (composed.ok) parentPort?.postMessage({ kind: 'COMPOSED', sdl: composed.value })
  else
    parentPort?.postMessage({ kind: 'FAILED', reason: `The subgraphs do not compose:\n${listFaults(composed.error)}` })
} catch (error) {
  parentPort?.postMessage({ kind: 'FAILED', reason: error instanceof Error ? error.message : String(error) })
}
