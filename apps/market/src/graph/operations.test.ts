import { readFileSync } from 'node:fs'
import path from 'node:path'
import { buildSchema, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import * as operations from './operations.ts'

const supergraph = readFileSync(path.resolve(import.meta.dirname, '../../../../supergraph.graphql'), 'utf8')
const schema = buildSchema(supergraph, { assumeValidSDL: true })

test.each(Object.entries(operations))('%s fits the supergraph', (_, operation) => {
  expect(validate(schema, parse(operation))).toEqual([])
})
