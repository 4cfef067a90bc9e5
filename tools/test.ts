import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

/**
 * `npm test` generates, composes, checks and tests; `npm run test:long` runs the fault drills.
 * Both end with a line that counts what ran, after one that names what was left out and why.
 */
const root = path.resolve(import.meta.dirname, '..')
const reports = path.join(root, '.test-report')
const long = process.argv.includes('--long')
const stages = long
  ? [['generate'], ['test:drill']]
  : [['generate', 'compose', 'check:types', 'check:style', 'test:unit'], ['test:live']]

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    /** Why a file failed as a whole. */
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

interface Summary {
  readonly line: string
  readonly failures: readonly string[]
  readonly skipped: readonly string[]
}

const LINES_OF_A_FAILURE = 12

function run(tasks: readonly string[]): boolean {
  const result = spawnSync('turbo', ['run', ...tasks, '--output-logs=new-only'], { cwd: root, stdio: 'inherit' })
  return result.status === 0
}

/** Reports are outputs of the tasks, so a cached pass brings its own counts back. */
function readReport(name: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path.join(reports, `${name}.json`), 'utf8')) as VitestReport
  } catch {
    return undefined
  }
}

function summary(names: readonly string[]): Summary {
  let passed = 0
  const failures: string[] = []
  const skipped: string[] = []
  for (const { testResults } of names.flatMap((name) => readReport(name) ?? [])) {
    for (const { name, status, message, assertionResults } of testResults) {
      const failed = assertionResults.filter((test) => test.status === 'failed')
      // Where nothing but a file's set-up fails, its tests count as left out.
      if (status === 'failed' && failed.length === 0) failures.push(shortened(path.relative(root, name), message ?? ''))
      failures.push(...failed.map((test) => shortened(test.fullName, (test.failureMessages ?? []).join('\n'))))
      for (const test of assertionResults) {
        if (test.status === 'passed') passed += 1
        else if (test.status !== 'failed') skipped.push(test.fullName)
      }
    }
  }
  return { line: `${passed} passed, ${failures.length} failed, ${skipped.length} skipped`, failures, skipped }
}

const shortened = (name: string, why: string): string =>
  [name, ...why.split('\n').slice(0, LINES_OF_A_FAILURE)].join('\n  ')

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const started = performance.now()
const passed = stages.every(run)
const { line, failures, skipped } = summary(long ? ['long'] : ['unit', 'live'])
for (const name of skipped) process.stdout.write(`left out: ${name}\n`)
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
process.stdout.write(`${Math.round((performance.now() - started) / 1000)} s\n${line}\n`)
process.exit(passed && failures.length === 0 ? 0 : 1)
