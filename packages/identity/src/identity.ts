export type Role = 'TRADER' | 'ANALYST' | 'OPERATOR' | 'ADMIN'

/** What a caller may do. Roles are sets of scopes (see `scopesOf`); the schema asks for scopes. */
export type Scope =
  | 'trade'
  | 'models:train'
  | 'market:operate'
  | 'risk:manage'
  | 'records:read'
  | 'users:read'
  | 'users:admin'
  | 'audit:read'

/** Who a verified access token speaks for. */
export interface Identity {
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly Role[]
  readonly scopes: ReadonlySet<Scope>
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number
}

const ROLE_SCOPES: Record<Role, readonly Scope[]> = {
  TRADER: ['trade'],
  ANALYST: ['models:train'],
  OPERATOR: ['market:operate', 'risk:manage', 'records:read', 'users:read', 'audit:read'],
  ADMIN: ['market:operate', 'risk:manage', 'records:read', 'users:read', 'users:admin', 'audit:read', 'models:train'],
}

export function scopesOf(roles: readonly Role[]): Set<Scope> {
  return new Set(roles.flatMap((role) => ROLE_SCOPES[role]))
}
