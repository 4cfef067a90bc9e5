const HOUR_MS = 3_600_000
const HOURS = 24
/** An hour of the day is a closing hour when it begins this share of all gaps … */
const CLOSING_SHARE = 0.1
/** … and so many of them: a few outages make no session. */
const CLOSING_GAPS = 20

/** When a market is shut, as its bars tell it. */
export interface Sessions {
  /** The usual time from bar to bar, in milliseconds. */
  readonly step: number
  /** How many gaps longer than that there are. */
  readonly gaps: number
  /** Hours of the day, UTC, in whose last bar sessions usually end. */
  readonly closingHours: readonly number[]
  /** Whether no bar follows this one in its session, or the market may roll over to the next day around its end. */
  readonly isClosing: (row: number) => boolean
}

/**
 * Sessions end at gaps. A market that trades through the night rolls over at the same hour every day, though only the weekend shows as
 * a gap: so bars of the closing hours count as closing on every day, and the bars after them, in which quotes come back.
 */
export function sessionsOf(time: Float64Array): Sessions {
  const steps = Float64Array.from({ length: Math.max(0, time.length - 1) }, (_, i) => time[i + 1]! - time[i]!)
  const step = steps.slice().sort()[Math.floor(steps.length / 2)] ?? 0
  const gapsByHour = new Array<number>(HOURS).fill(0)
  let gaps = 0
  for (let i = 0; i < steps.length; i++) {
    if (steps[i]! <= step) continue
    gaps++
    gapsByHour[hourOf(time[i]!)]!++
  }
  const least = Math.max(CLOSING_GAPS, gaps * CLOSING_SHARE)
  // Bars of a day or longer have no hour.
  const closingHours =
    step >= HOURS * HOUR_MS ? [] : gapsByHour.flatMap((count, hour) => (count >= least ? [hour] : []))
  const closes = (at: number) => closingHours.includes(hourOf(at))
  return {
    step,
    gaps,
    closingHours,
    isClosing: (row) => row >= steps.length || steps[row]! > step || closes(time[row]!) || closes(time[row]! - step),
  }
}

const hourOf = (time: number) => Math.floor(time / HOUR_MS) % HOURS
