import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { limits } from './limits.ts'
import { rateRules } from './rate-rules.ts'

const text = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/OPERATIONS.md'), 'utf8')
const number = (value: number) => value.toLocaleString('en')
const size = (bytes: number) => (bytes < 1024 * 1024 ? `${bytes / 1024} kB` : `${bytes / 1024 / 1024} MB`)
const duration = (ms: number) => (ms < 1_000 ? `${ms} ms` : ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`)

describe('the document for operators tells', () => {
  it.each(Object.entries(limits))('the limit %s and why', (name, value) => {
    const told = name.endsWith('Bytes') ? size(value) : name.endsWith('Ms') ? duration(value) : number(value)
    expect(text).toMatch(new RegExp(`^\\| \`${name}\` \\| ${told} \\| \\S.+ \\| \\S.+ \\|$`, 'm'))
  })

  it.each(Object.entries(rateRules))('the rate %s and why', (name, { most, windowMs }) => {
    expect(text).toMatch(
      new RegExp(`^\\| \`${name}\` \\| ${number(most)} \\| ${duration(windowMs)} \\| \\S.+ \\|$`, 'm'),
    )
  })
})
