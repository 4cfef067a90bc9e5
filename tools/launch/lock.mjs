import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './machine.mjs'

const POLL_MS = 200
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
    writeSync(descriptor, String(process.pid))
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
  try {
    pid = Number(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
  // Taken a moment ago, and not signed yet.
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
