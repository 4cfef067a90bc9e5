import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorCodes } from '@opsource/subgraph'
import { describe, expect, it } from 'vitest'
import { renderWalkthrough } from './walkthrough/document.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const operations = read('docs/OPERATIONS.md')
const documents = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

describe('the documents', () => {
  it('hold the walkthrough as it was executed', () => {
    expect(read('docs/WALKTHROUGH.md')).toBe(renderWalkthrough())
  })

  it.each(Object.entries(errorCodes))('explain the error code %s as the code does', (code, meaning) => {
    expect(operations).toContain(`| \`${code}\` | ${meaning} |`)
  })

  it.each([
    'subgraphs/anya/src/config.ts',
    'subgraphs/dash33/src/config.ts',
    'subgraphs/enterprise/src/config.ts',
    'packages/subgraph/src/service/environment.ts',
    'apps/gateway/src/config.ts',
    'apps/market/src/config.ts',
    'apps/standalone/src/config.ts',
    'tools/services.ts',
  ])('name every variable that %s reads', (file) => {
    const variables = [...read(file).matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map((match) => match[1] ?? '')
    expect(variables.filter((name) => !operations.includes(`\`${name}\``))).toEqual([])
  })

  it.each(documents)('lead nowhere that does not exist: %s', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
    const missing = links.filter((link) => {
      try {
        return readdirSync(path.dirname(path.resolve(root, path.dirname(file), link))).length === 0
      } catch {
        return true
      }
    })
    expect(missing).toEqual([])
  })

  it.each(documents)('name only npm scripts that exist: %s', (file) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(file).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})
