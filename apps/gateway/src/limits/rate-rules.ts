/** So much within so long a time, for each of whom it counts. */
export interface RateRule {
  readonly name: string
  readonly most: number
  readonly windowMs: number
}

const REQUESTS_MS = 10_000
const SIGN_INS_MS = 600_000

/** Every rate that callers are held to, with its reason. */
export const rateRules = {
  /** 500 a second: a program that quotes a market sends some 50. */
  requestsPerUser: { name: 'user', most: 5_000, windowMs: REQUESTS_MS },
  /** A user's programs have a key each, so that one gone wild does not lock its owner out of the others. */
  requestsPerKey: { name: 'key', most: 2_500, windowMs: REQUESTS_MS },
  /** Many users may stand behind one address. IPv6 counts by the /64 that a network hands to one household. */
  requestsPerAddress: { name: 'address', most: 10_000, windowMs: REQUESTS_MS },
  /** An operation of the highest cost allowed takes about a second: five of them all the time. */
  costPerUser: { name: 'user-cost', most: 1_000_000, windowMs: REQUESTS_MS },
  /** Whoever has no token reads public data: two of the dearest all the time. */
  costPerAddress: { name: 'address-cost', most: 400_000, windowMs: REQUESTS_MS },
  /** Each takes 50 ms of a core to check, and guessing needs many: people need three. */
  failedSignInsPerAddress: { name: 'sign-in', most: 30, windowMs: SIGN_INS_MS },
  /** Each makes a user with an account. A class of students may sign up at once. */
  registrationsPerAddress: { name: 'registration', most: 60, windowMs: SIGN_INS_MS },
} as const satisfies Record<string, RateRule>
