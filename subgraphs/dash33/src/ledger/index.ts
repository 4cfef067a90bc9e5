export { EXTERNAL_ACCOUNT, FEES_ACCOUNT, type LedgerEntry, postingOf } from './posting.ts'
export { foldLedger, writeLedger } from './projection.ts'
export { ledgerResolvers } from './resolvers.ts'
export { recountLedger } from './store.ts'
