export { accountIdOf, callerOf, mayReadAccount } from './account.ts'
export { Openings } from './openings.ts'
export { ReadYourWrites } from './read-your-writes.ts'
