import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { hashState, writeState } from '../canonical.ts'
import type { BookSnapshot } from '../client.ts'
import { Committer } from './committer.ts'
import type { Engine } from '../engine.ts'
import type { EngineThreadData, FailureCode, FromEngine, ToEngine } from './protocol.ts'
import { recover } from '../journal/recovery.ts'
import { JournalStore } from '../journal/store.ts'

if (!parentPort) throw new Error('the engine runs in a worker thread')
await main(parentPort, workerData)

async function main(port: MessagePort, data: EngineThreadData): Promise<void> {
  const post = (message: FromEngine) => port.postMessage(message)
  let committer: Committer | null = null
  let failed = false
  const fail = (error: unknown, ids: readonly number[] | null, code: FailureCode) => {
    if (failed) return
    failed = true
    committer?.stop()
    post({ kind: 'FAILED', reason: error instanceof Error ? error.message : String(error), ids, code })
    // Whatever is still in memory must never leave: the next thread knows only the journal. One turn later, for the message to go.
    setImmediate(() => process.exit(1))
  }
  try {
    const store = await JournalStore.open(data.database, (error) => fail(error, null, 'OUTCOME_UNKNOWN'))
    const warn = (message: string, fields: Record<string, unknown>) => post({ kind: 'WARNING', message, fields })
    const recovered = await recover(store, data.emitAfter, (batch) => post({ kind: 'BATCH', batch, answers: [] }), warn)
    const running = new Committer(recovered, store, data.projectedThrough, {
      committed: (batch, answers) => post({ kind: 'BATCH', batch, answers }),
      failed: fail,
      snapshotFailed: (error) => warn('snapshot not kept', { reason: String(error) }),
    })
    committer = running
    port.on('message', (message: ToEngine) => handle(message, running, recovered.engine, store, port))
    const { replayed, engine } = recovered
    post({ kind: 'STARTED', sequence: engine.state.sequence, epoch: store.epoch, replayed })
  } catch (error) {
    fail(error, null, 'ENGINE_UNAVAILABLE')
  }
}

function handle(message: ToEngine, committer: Committer, engine: Engine, store: JournalStore, port: MessagePort): void {
  const post = (answer: FromEngine) => port.postMessage(answer)
  switch (message.kind) {
    case 'SUBMIT':
      committer.accept(message.submissions, message.time)
      break
    case 'PROJECTED':
      committer.projected(message.sequence)
      break
    case 'BOOK':
      post({ kind: 'BOOK', id: message.id, book: bookOf(engine, message.symbol) })
      break
    case 'STATE_HASH': {
      const stateHash = { sequence: engine.state.sequence, hash: hashState(writeState(engine.state)) }
      post({ kind: 'STATE_HASH', id: message.id, stateHash })
      break
    }
    case 'CLOSE':
      void committer.drain().then(async () => {
        await store.close()
        post({ kind: 'CLOSED' })
        port.close()
      })
  }
}

function bookOf(engine: Engine, symbol: string): BookSnapshot | null {
  const market = engine.state.markets.get(symbol)
  if (!market) return null
  const { sequence, time } = engine.state
  const { status, recording, book } = market
  return {
    symbol,
    engineSequence: sequence,
    time,
    status,
    recording,
    bids: book.levels('BUY'),
    asks: book.levels('SELL'),
  }
}
