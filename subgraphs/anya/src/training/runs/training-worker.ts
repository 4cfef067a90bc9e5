import { constants, setPriority } from 'node:os'
import { FolderCheckpoints } from '../checkpoints.ts'
import { InvalidData } from '../recipe.ts'
import { ParityBroken, train } from '../run.ts'
import { type Order, orderSchema, type Report } from './protocol.ts'
import { writeResult } from './result.ts'
import type { Failure } from './training-run.ts'

// One training in a process of its own: it computes for minutes on end, may run out of memory, and may be killed at any moment.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
// Ctrl-C in a terminal reaches every process: the platform decides what becomes of this one.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(1))

process.once('message', async (message) => {
  await tell(await carryOut(orderSchema.parse(message)))
  process.disconnect()
})

async function carryOut({ input, dataDirectory, folder, writer }: Order): Promise<Report> {
  try {
    const checkpoints = new FolderCheckpoints(folder, writer)
    const report = (progress: Extract<Report, { kind: 'PROGRESS' }>['progress']) => tell({ kind: 'PROGRESS', progress })
    const trained = await train(input, { dataDirectory, checkpoints, report })
    await writeResult(folder, trained, writer)
    return { kind: 'DONE' }
  } catch (error) {
    return { kind: 'FAILED', ...failureOf(error) }
  }
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof InvalidData) return { code: 'INVALID_DATA', message }
  if (error instanceof ParityBroken) return { code: 'PARITY_BROKEN', message }
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { code: 'DISK_FULL', message: 'The disk that holds the files of trainings is full.' }
  process.stderr.write(`${error instanceof Error ? error.stack : message}\n`)
  return { code: 'FAULT', message: 'The training met a fault; the log says which.' }
}

/** Resolves when the trainer has it; also gives the process the moment to notice that the platform is gone. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(report, (error: Error | null) => (error ? reject(error) : setImmediate(resolve)))
  })
}
