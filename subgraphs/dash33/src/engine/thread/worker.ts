import { parentPort, workerData } from 'node:worker_threads'
import { EngineThread } from './engine-thread.ts'

if (!parentPort) throw new Error('the engine runs in a worker thread')
await new EngineThread(parentPort, workerData).run()
