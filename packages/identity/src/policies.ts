import type { Identity, Role } from './identity.ts'

const ROLES: readonly Role[] = ['TRADER', 'ANALYST', 'OPERATOR', 'ADMIN']

/**
 * What `@policy` may name in every schema, decided alike by the gateway and by the subgraph that verifies it again: `role:ADMIN` holds
 * for whoever has that role. Scopes say what a token may do; a role says whose it is, for what no scope stands for.
 */
export const rolePolicies: ReadonlyMap<string, (identity: Identity | null) => boolean> = new Map(
  ROLES.map((role) => [`role:${role}`, (identity) => identity?.roles.includes(role) === true]),
)
