import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'

/** Who PostgreSQL runs as; undefined: as this process, which is an ordinary user already. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, and its initdb wants a user that the system knows by name. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody']

/** @param cluster an existing cluster keeps the owner that it has. */
export function accountFor(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  if (existsSync(cluster)) {
    const { uid, gid } = statSync(cluster)
    if (uid !== 0) return { uid, gid }
  }
  for (const user of UNPRIVILEGED_USERS) {
    const uid = numberFrom('-u', user)
    const gid = numberFrom('-g', user)
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error(
    `PostgreSQL cannot run as root, and this machine has none of the users ${UNPRIVILEGED_USERS.join(', ')}`,
  )
}

function numberFrom(flag: string, user: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' })
  return status === 0 ? Number(stdout) : undefined
}

/** Asks the system itself, so that modes, groups, access lists and mount options all count. */
export function canEnter(directory: string, account: Account | undefined): boolean {
  return spawnSync('test', ['-x', directory], { ...account, cwd: '/' }).status === 0
}

/** Makes a directory that every user may enter, whatever root's umask takes away. */
export function makeEnterable(directory: string): void {
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o755)
}

/** Lets every user read what lies below a directory, and run what its owner may run. */
export function makeReadable(directory: string): void {
  chmodSync(directory, 0o755)
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(file, 0o755)
    else if (entry.isFile()) chmodSync(file, (statSync(file).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}
