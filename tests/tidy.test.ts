import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const SOFT_LINES = 250
const HARD_LINES = 400

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)))
const isTest = (file: string) => file.startsWith('tests/') || /\.test\.ts$/.test(file)
const sources = files.filter((file) => !isTest(file) && !file.startsWith('tools/') && file.endsWith('.ts'))
const text = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]))
const read = (file: string) => text.get(file) ?? ''

/** The code of a file without its comments, so that a comment may name what the code must not use. */
const code = (file: string) =>
  read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')

const importsOf = (file: string) =>
  [...code(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')

const workspaceOf = (file: string) => file.split('/').slice(0, 2).join('/')

describe('the house rules', () => {
  it('keep every file within the hard limit, and few above the soft one', () => {
    const lines = new Map(files.map((file) => [file, read(file).split('\n').length]))
    expect([...lines].filter(([, count]) => count > HARD_LINES).map(([file]) => file)).toEqual([])
    const long = sources.filter((file) => (lines.get(file) ?? 0) > SOFT_LINES)
    expect(long.length / sources.length).toBeLessThan(0.05)
  })

  it.each([
    ['Date.now()', /\bDate\.now\(/, /kernel\/src\/clock\.ts$/],
    ['new Date() of the present', /\bnew Date\(\)/, /kernel\/src\/clock\.ts$/],
    ['Math.random()', /\bMath\.random\(/, /kernel\/src\/random\.ts$/],
    ['process.env', /\bprocess\.env\b/, /(\/(config|main|generate)|prisma\.config)\.ts$/],
    ['console', /\bconsole\.\w+\(/, /\/(main|compose|train|create-admin|generate|card|progress)\.ts$/],
  ])('use %s only in its home', (_name, pattern, home) => {
    expect(sources.filter((file) => !home.test(file) && pattern.test(code(file)))).toEqual([])
  })

  it('have no any and no cast through unknown', () => {
    const loophole = /(:\s*any\b|\bas any\b|\bas unknown as\b|@ts-ignore|@ts-expect-error|@ts-nocheck)/
    expect(files.filter((file) => loophole.test(code(file)) && !file.endsWith('tidy.test.ts'))).toEqual([])
  })

  it('leave no work for another day', () => {
    const pattern = /\b(TODO|FIXME|XXX|HACK)\b|not implemented|\bplaceholder\b/i
    expect(files.filter((file) => pattern.test(read(file)) && !file.endsWith('tidy.test.ts'))).toEqual([])
  })

  it('skip and focus no test without a reason', () => {
    expect(files.filter((file) => /\b(it|test|describe)\.(only|todo)\b/.test(code(file)))).toEqual([])
  })

  it('let subgraphs meet only through the graph and the bus', () => {
    const crossings = sources
      .filter((file) => file.startsWith('subgraphs/'))
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(
        ({ file, target }) =>
          /^@opsource\/(dash33|anya|enterprise|mobile|gateway|standalone|market)/.test(target) &&
          !target.endsWith(workspaceOf(file).split('/')[1] ?? ''),
      )
    expect(crossings).toEqual([])
  })

  it('let packages import no app and no subgraph', () => {
    const upward = sources
      .filter((file) => file.startsWith('packages/'))
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) =>
        /@opsource\/(dash33|anya|enterprise|mobile|gateway|standalone|market)|\/(apps|subgraphs)\//.test(target),
      )
    expect(upward).toEqual([])
  })

  it('let no relative import leave its workspace', () => {
    const leaving = sources
      .filter((file) => /^(apps|subgraphs|packages)\//.test(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => target.startsWith('.'))
          .map((target) => ({ file, target })),
      )
      .filter(
        ({ file, target }) => !path.normalize(path.join(path.dirname(file), target)).startsWith(workspaceOf(file)),
      )
    expect(leaving).toEqual([])
  })

  it('let only stores touch the generated Prisma client', () => {
    const touching = sources
      .filter(
        (file) =>
          file.startsWith('subgraphs/') && importsOf(file).some((target) => target.includes('generated/prisma')),
      )
      .filter((file) => !/\/(store|[\w-]+-store|features|database)\.ts$/.test(file))
    expect(touching).toEqual([])
  })

  it('name files by nouns, not by what is left over', () => {
    expect(files.filter((file) => /\/(utils?|helpers?|common|misc|manager|types)(\.\w+)*\.ts$/.test(file))).toEqual([])
  })

  it('have no file that nothing reaches', () => {
    const entries =
      /(\/(main|index|generate|compose|train|create-admin|parents|worker|[\w-]+-worker)\.ts$)|^(vitest|prisma)\.config\.ts$/
    const reached = new Set(
      files.flatMap((file) =>
        [...code(file).matchAll(/'(\.{1,2}\/[^']+\.ts)'/g)].map((match) =>
          path.normalize(path.join(path.dirname(file), match[1] ?? '')),
        ),
      ),
    )
    expect(sources.filter((file) => !entries.test(file) && !reached.has(file))).toEqual([])
  })
})
