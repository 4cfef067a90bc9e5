export * from './answers.ts'
export { GraphClient, type GraphClientOptions, GraphError, WrongKeyError } from './client.ts'
export { LiveClient } from './live.ts'
export * from './operations.ts'
