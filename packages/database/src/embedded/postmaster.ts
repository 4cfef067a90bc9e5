import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long the backends of a killed postmaster may take to notice and end. */
const ORPHAN_LIMIT_MS = 20_000
const POLL_MS = 20

export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** False while it starts, recovers or stops. */
  readonly ready: boolean
}

/** Reads the cluster's postmaster.pid. @returns undefined where no server runs. */
export function runningPostmaster(cluster: string): Postmaster | undefined {
  const lines = pidFileLines(cluster)
  const pid = Number(lines?.[0])
  if (!lines || !pid || !runsOn(pid, cluster)) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/**
 * Removes what a killed postmaster left. Its zombie, where nobody reaps it, would keep PostgreSQL from starting,
 * and its backends must have ended before another postmaster may touch the files.
 */
export async function clearStale(cluster: string): Promise<void> {
  if (!existsSync(path.join(cluster, 'postmaster.pid'))) return
  for (let waited = 0; usersOf(cluster).length > 0; waited += POLL_MS) {
    if (waited >= ORPHAN_LIMIT_MS) throw new Error(`processes of a killed PostgreSQL still use ${cluster}`)
    await sleep(POLL_MS)
  }
  rmSync(path.join(cluster, 'postmaster.pid'), { force: true })
}

/** Waits until the process is gone, or is a zombie. @returns whether it went in time. */
export async function hasEnded(pid: number, limitMs: number): Promise<boolean> {
  for (let waited = 0; isAlive(pid); waited += POLL_MS) {
    if (waited >= limitMs) return false
    await sleep(POLL_MS)
  }
  return true
}

function pidFileLines(cluster: string): string[] | undefined {
  try {
    return readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
}

function runsOn(pid: number, cluster: string): boolean {
  if (!isAlive(pid)) return false
  return process.platform === 'linux' ? usersOf(cluster).includes(pid) : true
}

function isAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const state = stateOf(pid)
    return state !== undefined && state !== 'Z'
  }
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function stateOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0]
  } catch {
    return undefined
  }
}

/** Every PostgreSQL process works in its cluster's directory. */
function usersOf(cluster: string): number[] {
  if (process.platform !== 'linux' || !existsSync(cluster)) return []
  const directory = realpathSync(cluster)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === directory
      } catch {
        return false
      }
    })
}
