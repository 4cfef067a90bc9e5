export { accountIdOf, callerOf, mayReadAccount } from './account.ts'
export { AccountOpener } from './opener.ts'
export { Openings } from './openings.ts'
export { ReadYourWrites } from './read-your-writes.ts'
