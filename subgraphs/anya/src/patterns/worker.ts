import { parentPort } from 'node:worker_threads'
import type { ScanReply, ScanRequest } from './protocol.ts'
import { Talib } from './talib.ts'

const port = parentPort
if (!port) throw new Error('worker.ts runs in a worker thread')

const reply = (message: ScanReply) => port.postMessage(message)
const talib = await Talib.load()

port.on('message', ({ id, columns, from }: ScanRequest) => {
  try {
    reply({ kind: 'HITS', id, hits: talib.scan(columns, from) })
  } catch (error) {
    reply({ kind: 'FAILED', id, message: String(error) })
    // After a trap WebAssembly's memory is in no known state: the thread ends, and another takes its place.
    if (error instanceof Error && error.name === 'RuntimeError') throw error
  }
})
reply({ kind: 'READY' })
