import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { openDatabase } from '../database.ts'
import { RegistryStore } from '../registry/index.ts'

const run = promisify(execFile)
let database: FreshDatabase
let out: string

beforeEach(async () => {
  database = await freshDatabase('anya')
  out = await mkdtemp(path.join(tmpdir(), 'opsource-train-'))
})
afterEach(async () => {
  await database.drop()
  await rm(out, { recursive: true })
})

const train = (args: readonly string[], environment: Record<string, string>) =>
  run(process.execPath, [path.join(import.meta.dirname, 'train.ts'), '--out', out, ...args], {
    env: { PATH: process.env.PATH, ...environment },
  })

test('the command trains, shows every figure beside the baseline’s, and registers what it trained', async () => {
  const { stdout } = await train(['--register'], { DATABASE_URL: database.url })
  expect(stdout).toMatch(/baseline\.logLoss +0\.\d{4}/)
  expect(stdout).toContain('registered as version 1 of mid-direction')
  expect((await readdir(out)).sort()).toEqual(['evaluation.json', 'manifest.json', 'mid-direction.onnx'])
  const prisma = openDatabase(database.url)
  const [registered] = await new RegistryStore(prisma, systemClock).versionsOf('mid-direction')
  await prisma.$disconnect()
  expect(stdout).toContain(`sha256 ${registered?.sha256}`)
})
