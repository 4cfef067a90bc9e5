/** Every bound of the engine, with its reason. */
export const LIMITS = {
  /** A few hundred bytes each, all in memory. */
  accounts: 100_000,
  /** The recorded market rests some 10,000 levels a side at full depth; one account may mirror all of them. */
  openOrdersPerAccount: 50_000,
  /** How many of an account's closed orders still answer for their client order id: at 256 new orders a second, the recorded market's rate, the last 39 s. */
  closedOrdersPerAccount: 10_000,
  /** The same over all accounts, which bounds memory (192 B each, and some 60 B in tables); the longest closed are forgotten first. */
  closedOrders: 200_000,
  /** References are never forgotten, because a forgotten one would let a credit happen twice. */
  credits: 200_000,
  /** Data sets whose passes are counted, per market. */
  recordedDataSets: 64,
  /** Named profiles of risk limits; each takes a row of limits per market. */
  riskProfiles: 64,
  /** Tiers of the fee schedule: looked through at every trade. */
  feeTiers: 16,
  /** Longest delay of a dead man's switch: a day. */
  cancelAllAfterMs: 86_400_000,
  /** Longest auction that ends by itself: a day. */
  auctionMs: 86_400_000,
  /** Files of one data set within one pass. */
  segmentsPerPass: 1_000,
  /** A submission is journaled whole, so this also bounds how far a batch overshoots. */
  commandsPerSubmission: 1_000,
  /** A batch takes no further submission beyond this: about 0.1 MB of journal, 5 ms to apply. The main thread works on one while the engine is at the next. */
  commandsPerBatch: 1_024,
  /** Commands submitted and not answered; beyond it the engine is refused work rather than memory: about 0.1 s of its throughput. */
  waitingCommands: 20_000,
  /** Commands that the projections may lag behind the engine: what a restart has to hand out again. */
  unprojectedCommands: 50_000,
  /** Pages of the journal, some half a megabyte each, that are read and proved before they are applied. */
  pagesReadAhead: 4,
  /** Names of accounts and markets that a recovery numbers: twice the accounts there may be, for orders of none. */
  spelledNames: 200_000,
  /** Commands between snapshots: what a restart replays, in a second or two. A snapshot is some 10 MB, written between the batches. */
  commandsPerSnapshot: 500_000,
  /** The newest might be damaged: the one before it, with the journal since then, stands in. */
  snapshotsKept: 2,
  /** A snapshot is due after this long if anything happened at all. */
  snapshotIntervalMs: 600_000,
  /** A commit takes well below a millisecond; one that takes this long is a lost database. */
  commitTimeoutMs: 10_000,
  /** Taken beside the commits, and tried again when the next one is due. */
  snapshotTimeoutMs: 30_000,
  /**
   * Callers whose commit was cut off wait this long for the journal to be read again before they hear OUTCOME_UNKNOWN: less than the
   * 10 s after which the gateway takes a service for dead, and the word would reach nobody.
   */
  outcomePatienceMs: 8_000,
  /** Commands that a standby keeps to hand out, beyond what the leader lets its projections lag behind. */
  standbyCommands: 100_000,
  /** How long a killed engine's database session may hold the lock before the next one gives up. */
  lockPatienceMs: 5_000,
} as const

export type LimitName = keyof typeof LIMITS
