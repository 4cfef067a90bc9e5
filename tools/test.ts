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
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

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

function summary(names: readonly string[]): { line: string; failed: number; skipped: string[] } {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const skipped: string[] = []
  for (const name of names) {
    const report = readReport(name)
    if (report === undefined) continue
    counts.passed += report.numPassedTests
    counts.failed += report.numFailedTests
    for (const file of report.testResults) {
      if (file.status === 'failed' && file.assertionResults.length === 0) counts.failed += 1
      for (const test of file.assertionResults) {
        if (test.status === 'passed' || test.status === 'failed') continue
        counts.skipped += 1
        skipped.push(test.fullName)
      }
    }
  }
  return {
    line: `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    failed: counts.failed,
    skipped,
  }
}

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
const started = performance.now()
const passed = stages.every(run)
const { line, failed, skipped } = summary(long ? ['long'] : ['unit', 'live'])
for (const name of skipped) process.stdout.write(`left out: ${name}\n`)
process.stdout.write(`${Math.round((performance.now() - started) / 1000)} s\n${line}\n`)
process.exit(passed && failed === 0 ? 0 : 1)
