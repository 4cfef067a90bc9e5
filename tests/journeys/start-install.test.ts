import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const TOOLS = path.resolve(import.meta.dirname, '../../tools')
/** Does what npm does to the disk, and notes how it was called. */
const NPM = `
const fs = require('node:fs')
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('npm-fails')) { console.error('npm error code EAI_AGAIN\\nnpm error getaddrinfo EAI_AGAIN registry'); process.exit(1) }
fs.mkdirSync('node_modules', { recursive: true })
setTimeout(() => fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json'), 300)
`

let clone: string

beforeEach(() => {
  clone = mkdtempSync(path.join(tmpdir(), 'opsource-clone-'))
  mkdirSync(path.join(clone, 'tools'))
  for (const name of ['run.mjs', 'launch'])
    cpSync(path.join(TOOLS, name), path.join(clone, 'tools', name), { recursive: true })
  writeFileSync(path.join(clone, 'npm-cli.js'), NPM)
  lock('1.0.0')
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

function lock(version: string): void {
  const packages = { '': { name: 'clone' }, 'node_modules/one': { version, integrity: `sha512-${version}` } }
  writeFileSync(path.join(clone, 'package-lock.json'), JSON.stringify({ packages }))
}

function launch(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['tools/run.mjs', ...args], {
    cwd: clone,
    env: { ...process.env, npm_execpath: path.join(clone, 'npm-cli.js'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const heard = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    heard.output += chunk
  })
  child.stderr.on('data', (chunk) => {
    heard.errors += chunk
  })
  const ended = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...heard }))
  })
  return { child, heard, ended }
}

function npmCalls(): string[] {
  const file = path.join(clone, 'npm-calls')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

test('a fresh clone is installed once, with all that the first start needs', async () => {
  expect(await launch(['-p', '6 * 7'], { NODE_ENV: 'production' }).ended).toMatchObject({ code: 0, output: '42\n' })
  expect(await launch(['-p', '6 * 7']).ended).toMatchObject({ code: 0, output: '42\n', errors: '' })
  expect(npmCalls()).toHaveLength(1)
  expect(npmCalls()[0]).toMatch(/^ci --include=dev --ignore-scripts /)
})

test('a changed lockfile is installed again', async () => {
  await launch(['-p', '1']).ended
  lock('2.0.0')
  await launch(['-p', '1']).ended
  expect(npmCalls()).toHaveLength(2)
})

test('an install that was interrupted is made again', async () => {
  await launch(['-p', '1']).ended
  rmSync(path.join(clone, 'node_modules/.package-lock.json'))
  expect((await launch(['-p', '1']).ended).code).toBe(0)
  expect(npmCalls()).toHaveLength(2)
})

test('two starts at once install once', async () => {
  const ended = await Promise.all([launch(['-p', '1']).ended, launch(['-p', '1']).ended])
  expect(ended.map(({ code }) => code)).toEqual([0, 0])
  expect(npmCalls()).toHaveLength(1)
})

test('the lock of a start that was killed holds nobody up', async () => {
  mkdirSync(path.join(clone, '.turbo'))
  const { child, ended } = launch(['-p', '1'])
  await ended
  rmSync(path.join(clone, 'node_modules'), { recursive: true })
  const file = path.join(clone, '.turbo/install.lock')
  writeFileSync(file, `${child.pid} 1`)
  expect((await launch(['-p', '1']).ended).code).toBe(0)
  rmSync(path.join(clone, 'node_modules'), { recursive: true })
  writeFileSync(file, '')
  utimesSync(file, 0, 0)
  expect((await launch(['-p', '1']).ended).code).toBe(0)
})

test.skipIf(process.platform !== 'linux')('nor does one whose number another process has now', async () => {
  mkdirSync(path.join(clone, '.turbo'))
  writeFileSync(path.join(clone, '.turbo/install.lock'), `${process.pid} 1`)
  expect((await launch(['-p', '1']).ended).code).toBe(0)
})

test('an install that fails says why in one line', async () => {
  writeFileSync(path.join(clone, 'npm-fails'), '')
  const { code, errors } = await launch(['-p', '1']).ended
  expect(code).toBe(1)
  expect(errors).toMatch(/✗ npm ci failed in .*: getaddrinfo EAI_AGAIN registry\n$/)
})

test('a program that is told to stop may drain, and its exit code is handed on', async () => {
  const script = path.join(clone, 'drain.mjs')
  writeFileSync(
    script,
    `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100)); setInterval(() => {}, 1e6); console.log('up')`,
  )
  const { child, heard, ended } = launch([script])
  await expect.poll(() => heard.output).toBe('up\n')
  child.kill('SIGTERM')
  expect((await ended).code).toBe(7)
})

test.each([
  ['a Linux without glibc', 'process.report.getReport = () => ({ header: {} })', 'needs a Linux with glibc'],
  [
    'another architecture',
    "Object.defineProperty(process, 'arch', { value: 'ia32' })",
    'runs on Linux and macOS, x64 and arm64',
  ],
  [
    'a Node.js that is too old',
    "Object.defineProperty(process.versions, 'node', { value: '18.20.8' })",
    'needs Node.js 20 or newer',
  ],
])('%s is refused in one line', async (_name, disguise, line) => {
  const { code, errors } = await launch(['-p', '1'], {
    NODE_OPTIONS: `--import "data:text/javascript,${encodeURI(disguise)}"`,
  }).ended
  expect(code).toBe(1)
  expect(errors.trim().split('\n')).toHaveLength(1)
  expect(errors).toContain(line)
})
