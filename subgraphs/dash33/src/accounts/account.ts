import { fault, type SubgraphContext } from '@opsource/subgraph'

const USER_PREFIX = 'usr_'

/** @returns the id of the one account that a user has, whether it is open yet or not. */
export function accountIdOf(userId: string): string {
  return `acc_${userId.startsWith(USER_PREFIX) ? userId.slice(USER_PREFIX.length) : userId}`
}

/** @returns the caller; the schema lets nobody reach a resolver that asks for one without a token. */
export function callerOf(context: SubgraphContext): NonNullable<SubgraphContext['identity']> {
  if (!context.identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
  return context.identity
}

/** Whether the caller owns the account, or may read everyone's records. */
export function mayReadAccount(context: SubgraphContext, accountId: string): boolean {
  if (!context.identity) return false
  return accountIdOf(context.identity.userId) === accountId || context.identity.scopes.has('records:read')
}
