export { flatten } from './flatten.ts'
export { accountOf, topUp } from './funding.ts'
export { Operator } from './operator.ts'
export { MAX_BATCH, type OrderInput, Trader } from './trader.ts'
