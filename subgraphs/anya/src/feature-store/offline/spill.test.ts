import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeRoomToSpill } from './spill.ts'

test('what a process that is gone has spilled goes; what others use, here or elsewhere, stays', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'opsource-spill-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const gone = spawnSync(process.execPath, ['--version']).pid
  const kept = [`.spill.${process.ppid}.${hostname()}`, `.spill.${gone}.another.${hostname()}`, 'bars_1h'].sort()
  for (const name of [...kept, `.spill.${gone}.${hostname()}`]) await mkdir(path.join(folder, name))
  const own = await makeRoomToSpill(folder)
  expect((await readdir(folder)).sort()).toEqual(kept)
  await mkdir(own)
  expect(await makeRoomToSpill(folder)).toBe(own)
  expect((await readdir(folder)).sort()).toEqual(kept)
})
