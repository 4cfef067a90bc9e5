import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { BUY, SELL } from '../book/index.ts'
import { equityFlow } from './equity-flow.ts'
import { mixedFlow } from './mixed-flow.ts'
import { reportHash } from './report-hash.ts'
import { reportText } from './report-text.ts'
import { BadWorkload, CANCEL, type Message, MODIFY, NEW, Workload } from './workload.ts'

const message = (id: number, more: Partial<Message> = {}): Message => ({
  ...{ type: NEW, id, side: BUY, price: 100, quantity: 5, immediate: false },
  ...more,
})

const four = Workload.of([
  message(1),
  message(2, { side: SELL, price: 99, quantity: 7 }),
  message(2, { type: MODIFY, side: SELL, price: 101, quantity: 3 }),
  message(1, { type: CANCEL }),
])

describe('the canonical report', () => {
  it('has a line for each report, and none at the end', () => {
    const lines = ['0,0,0,1,100,5', '0,1,1,2,99,7', '1,1,100,5,1,2', '3,2,1,2,101,3', '4,3,1']
    expect([...reportText(four)].join('')).toBe(lines.join('\n'))
  })

  it('of the workload W1 is what Liquibook, CppTrader and geseq make of it', () => {
    const workload = mixedFlow()
    const file = createHash('sha256').update(workload.encode()).digest('hex')
    expect(file).toBe('a7e8209b5bdcf40aa5409a20ff0cbd2475a2e6eaf2fbae3fd6da03f09bd46c0c')
    expect(reportHash(workload)).toBe('f64101cbb6a838cc57f59e379844e30b24eeafaaf1ab34753c5e65759375c98e')
  }, 30_000)

  it('needs ids that no resting order has', () => {
    expect(() => reportHash(Workload.of([message(1), message(1)]))).toThrow('order 1 is there already')
  })
})

describe('a workload', () => {
  it('is the same after a way through a file, gzipped or not, with numbers up to 2^53', () => {
    const most = Number.MAX_SAFE_INTEGER
    const workload = Workload.of([message(most, { price: -most }), message(1, { price: most, quantity: 0xffffffff })])
    const { encode: _encode, ...columns } = Workload.decode(workload.encode())
    expect(columns).toEqual({ ...workload })
    expect(Workload.decode(gzipSync(workload.encode())).encode()).toEqual(workload.encode())
  })

  it('of an equity has lives of new orders, modifies, cancels and late repeats in the published proportions', () => {
    const { type, immediate, count } = equityFlow('normal', 20_000)
    const share = (kind: number) => type.subarray(0, count).filter((each) => each === kind).length / 20_000
    expect(share(NEW)).toBe(1)
    expect(share(CANCEL)).toBeCloseTo(0.82, 1)
    expect(share(MODIFY)).toBeCloseTo(0.17, 1)
    expect(immediate.filter((each) => each === 1).length / 20_000).toBeCloseTo(0.15, 1)
  })

  it.each([
    ['is no workload', (bytes: Uint8Array) => bytes.fill(7, 0, 8), /MEBW_001/],
    ['has another version', (bytes: Uint8Array) => bytes.fill(7, 8, 9), /version 7/],
    ['is cut off', (bytes: Uint8Array) => bytes.subarray(0, 100), /promises 4 messages, 176 bytes, and it has 100/],
    ['has not even a header', (bytes: Uint8Array) => bytes.subarray(0, 5), /only 5 bytes/],
    ['is a broken gzip', (bytes: Uint8Array) => gzipSync(bytes).subarray(0, 40), /gzip/],
    ['has an unknown type', (bytes: Uint8Array) => bytes.fill(3, 16, 17), /message 1 of 4: type 3/],
    ['has a third side', (bytes: Uint8Array) => bytes.fill(2, 17, 18), /side 2/],
    ['has an odd flag', (bytes: Uint8Array) => bytes.fill(2, 18, 19), /flag is 2/],
    ['orders nothing', (bytes: Uint8Array) => bytes.fill(0, 20, 24), /quantity is 0/],
    ['has ids beyond 2^53', (bytes: Uint8Array) => bytes.fill(255, 32, 40), /id is beyond/],
    ['runs backwards', (bytes: Uint8Array) => bytes.fill(0, 64, 72), /message 2 of 4: its sequence/],
  ])('that %s is refused with what is wrong', (_, damage, expected) => {
    const bytes = damage(four.encode())
    expect(() => Workload.decode(bytes)).toThrow(BadWorkload)
    expect(() => Workload.decode(bytes)).toThrow(expected)
  })
})

describe('the command', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-match-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const main = path.join(import.meta.dirname, 'main.ts')
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [main, ...args], { encoding: 'utf8', stdio: 'pipe' })
  const file = path.join(directory, 'four.bin.gz')
  writeFileSync(file, gzipSync(four.encode()))

  it('writes the report, or only its hash', () => {
    const report = run(file)
    expect(report).toBe([...reportText(four)].join(''))
    expect(run(file, '--hash')).toBe(`${createHash('sha256').update(report).digest('hex')}\n`)
  })

  it('writes workloads', () => {
    const made = path.join(directory, 'made.bin')
    run(made, '--generate', 'swing-40', '--orders', '100', '--seed', '5')
    expect(run(made, '--hash')).toBe(`${reportHash(equityFlow('swing-40', 100, 5))}\n`)
  })

  it('says in one line what is wrong with a file, and fails', () => {
    const bad = path.join(directory, 'bad.bin')
    writeFileSync(bad, 'hello')
    expect(() => run(bad)).toThrow(
      expect.objectContaining({ status: 1, stdout: '', stderr: `match: ${bad}: only 5 bytes: not even a header\n` }),
    )
  })

  it('ends quietly when its reader has seen enough', () => {
    const long = path.join(directory, 'long.bin')
    writeFileSync(long, equityFlow('normal', 50_000).encode())
    const command = `'${process.execPath}' '${main}' '${long}' | head -n 1; exit \${PIPESTATUS[0]}`
    expect(execFileSync('bash', ['-c', command], { encoding: 'utf8', stdio: 'pipe' })).toMatch(/^0,0,\d,\d+,\d+,\d+\n$/)
  })
})
