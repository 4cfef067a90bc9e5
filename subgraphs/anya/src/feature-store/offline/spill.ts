import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { isThere } from './folder-lock.ts'

/** Other processes use the same store: each has a place of its own for what does not fit into memory. */
const nameOf = (pid: number) => `.spill.${pid}.${hostname()}`

/** Removes what processes of this machine that are gone have left. @returns where this one may put what does not fit into memory. */
export async function makeRoomToSpill(folder: string): Promise<string> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^\.spill\.(\d+)\./.exec(name)?.[1])
    if (name !== nameOf(pid)) continue
    if (pid === process.pid || !isThere(pid)) await rm(path.join(folder, name), { recursive: true, force: true })
  }
  return path.join(folder, nameOf(process.pid))
}
