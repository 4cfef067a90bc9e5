import type { Identity } from '@opsource/identity'

/** Apollo's security specs (https://specs.apollo.dev/authenticated/v0.1 and its like), all of which are enforced here. */
export const SECURITY_SPECS = ['authenticated', 'requiresScopes', 'policy'] as const
export type SecuritySpec = (typeof SECURITY_SPECS)[number]

/** Decides a policy of the schema for a caller; null without a token. One that throws has refused. */
export type Policy = (identity: Identity | null) => boolean

/** The policies that `@policy` may name. One that is not here lets nobody in. */
export type Policies = ReadonlyMap<string, Policy>

/** Of `[["a", "b"], ["c"]]` a and b, or c. */
export type Alternatives = readonly (readonly string[])[]

/** What one type or field asks of whoever reads it: all of it. */
export interface Rule {
  readonly authenticated: boolean
  readonly scopes: readonly Alternatives[]
  readonly policies: readonly Alternatives[]
}

export function meets(rule: Rule, identity: Identity | null, policies: Policies): boolean {
  if (identity === null && (rule.authenticated || rule.scopes.length > 0)) return false
  const scopes: ReadonlySet<string> = identity?.scopes ?? new Set()
  const holds = (name: string) => {
    try {
      return policies.get(name)?.(identity) === true
    } catch {
      return false
    }
  }
  return (
    rule.scopes.every((sets) => sets.some((set) => set.every((scope) => scopes.has(scope)))) &&
    rule.policies.every((sets) => sets.some((set) => set.every(holds)))
  )
}
