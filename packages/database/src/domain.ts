/** Each has its own role, PostgreSQL schema and migration history. */
export const domains = ['anya', 'dash33', 'enterprise', 'mobile'] as const

export type Domain = (typeof domains)[number]

export function isDomain(name: string | undefined): name is Domain {
  return domains.some((domain) => domain === name)
}
