import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './machine.mjs'

const POLL_MS = 200
/** Between taking the lock and signing it lie microseconds. */
const UNSIGNED_LIMIT_MS = 5_000
const file = path.join(root, '.turbo/install.lock')

/** Lets one process at a time install or generate; the others wait, and then find it done. A dead holder's lock is void. */
export async function exclusively(work) {
  mkdirSync(path.dirname(file), { recursive: true })
  for (let waited = 0; !take(); waited += POLL_MS) {
    if (waited === 0) process.stderr.write('  waiting for another process that installs …\n')
    await sleep(POLL_MS)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function take() {
  try {
    const descriptor = openSync(file, 'wx')
    writeSync(descriptor, `${process.pid} ${bornAt(process.pid)}`)
    closeSync(descriptor)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!holderLives()) rmSync(file, { force: true })
    return false
  }
}

function holderLives() {
  let pid
  let born
  try {
    ;[pid, born] = readFileSync(file, 'utf8').split(' ')
    if (!pid) return Date.now() - statSync(file).mtimeMs < UNSIGNED_LIMIT_MS
  } catch {
    return false
  }
  // In a container the next start often has the number of the one that was killed.
  if (born !== bornAt(pid)) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** What tells a process from another that has its number later; empty where the system does not say, or there is none. */
function bornAt(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
