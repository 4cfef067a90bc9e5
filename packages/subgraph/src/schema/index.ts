export { lintGraph, lintSchema, type SchemaFault } from './lint.ts'
export { mergeSchema } from './merge.ts'
