/** How unlike those before it something about the newest value is. */
export interface Nonconformity {
  /** Learns a value. @returns at least 0, in the unit of the values; undefined where there is nothing to say yet, or not at this value */
  observe(value: number): number | undefined
}
