import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rest } from './crowd.ts'

const BYTES = 8_192
const BETWEEN_MS = 5

/** How long the disk takes to keep what a small commit writes, in milliseconds: no match is told before that. */
export async function syncTimes(count: number): Promise<number[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-fan-out-'))
  const file = await open(path.join(folder, 'written'), 'w')
  const page = Buffer.alloc(BYTES, 'x')
  const times: number[] = []
  try {
    // Only what is written over is like a log that is used again.
    for (let place = 0; place < count; place++) await file.write(page, 0, BYTES, place * BYTES)
    await file.sync()
    for (let place = 0; place < count; place++) {
      const from = performance.now()
      await file.write(page, 0, BYTES, place * BYTES)
      await file.datasync()
      times.push(performance.now() - from)
      await rest(BETWEEN_MS)
    }
  } finally {
    await file.close()
    await rm(folder, { recursive: true })
  }
  return times
}
