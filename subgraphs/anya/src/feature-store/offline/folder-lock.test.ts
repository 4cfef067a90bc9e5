import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderLock } from './folder-lock.ts'

let folder: string
let locks: FolderLock[]
beforeEach(async () => {
  locks = []
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-lock-'))
})
afterEach(async () => {
  for (const lock of locks) await lock.close()
  await rm(folder, { recursive: true, force: true })
})

function another(): FolderLock {
  const lock = new FolderLock(folder)
  locks.push(lock)
  return lock
}
const file = () => path.join(folder, '.writer.json')

test('of many that ask at once one may write, until it closes', async () => {
  const asked = Array.from({ length: 8 }, another)
  const answers = await Promise.all(asked.map((lock) => lock.acquire()))
  expect(answers.filter(Boolean)).toHaveLength(1)
  const owner = asked[answers.indexOf(true)]!
  const other = asked[answers.indexOf(false)]!
  expect([await owner.acquire(), await other.acquire()]).toEqual([true, false])
  await owner.close()
  expect(await other.acquire()).toBe(true)
  expect(await owner.acquire()).toBe(false)
  expect(await readdir(folder)).toEqual(['.writer.json'])
})

test('what one process asks for several times at once it gets each time', async () => {
  for (let round = 0; round < 5; round++) {
    const lock = another()
    expect(await Promise.all([lock.acquire(), lock.acquire(), lock.acquire()])).toEqual([true, true, true])
    await lock.close()
  }
})

test('an owner whose process was killed is gone at once', async () => {
  const program = `import { FolderLock } from ${JSON.stringify(path.join(import.meta.dirname, 'folder-lock.ts'))}
    process.stdout.write(String(await new FolderLock(${JSON.stringify(folder)}).acquire()))
    setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  expect(String(said)).toBe('true')
  expect(await another().acquire()).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await another().acquire()).toBe(true)
}, 60_000)

test('an owner elsewhere is gone when it has been silent for a minute', async () => {
  const owner = { token: 'theirs', place: 'another machine', pid: process.pid, startedAt: '1' }
  await writeFile(file(), JSON.stringify(owner))
  expect(await another().acquire()).toBe(false)
  await utimes(file(), new Date(1_000), new Date(1_000))
  expect(await another().acquire()).toBe(true)
})

test('an owner that lost the folder to another knows it when it asks', async () => {
  const owner = another()
  expect(await owner.acquire()).toBe(true)
  await writeFile(file(), JSON.stringify({ token: 'theirs', place: 'another machine', pid: 1, startedAt: '1' }))
  expect(await owner.acquire()).toBe(false)
})

test('a file that nobody can read counts as an owner that lives, for a minute', async () => {
  await writeFile(file(), '')
  expect(await another().acquire()).toBe(false)
  await utimes(file(), new Date(1_000), new Date(1_000))
  expect(await another().acquire()).toBe(true)
})
