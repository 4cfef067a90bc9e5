import type { Clock } from '@opsource/kernel'

/** How fast recorded time passes: a multiple of real time, or as fast as the exchange answers. */
export type Speed = number | 'max'

/** Says when recorded moments are due. */
export class Pacer {
  readonly #clock: Clock
  readonly #speed: Speed
  readonly #sleep: (milliseconds: number) => Promise<void>
  /** Real and recorded time of one moment, milliseconds since the Unix epoch. */
  #anchor: { real: number; readonly recorded: number } | null = null

  /** @param sleep rejects when the player is told to stop. */
  constructor(clock: Clock, speed: Speed, sleep: (milliseconds: number) => Promise<void>) {
    this.#clock = clock
    this.#speed = speed
    this.#sleep = sleep
  }

  /** Waits until a recorded moment is due. The first one is due at once. */
  async until(recorded: number): Promise<void> {
    const late = this.lag(recorded)
    if (late < 0) await this.#sleep(-late)
  }

  /** @returns how many real milliseconds ago a recorded moment was due; 0 where nothing is ever late. */
  lag(recorded: number): number {
    if (this.#speed === 'max') return 0
    const now = this.#clock.now()
    this.#anchor ??= { real: now, recorded }
    return now - (this.#anchor.real + (recorded - this.#anchor.recorded) / this.#speed)
  }

  /** Makes the next moment that is asked for due at once: the recording begins again. */
  restart(): void {
    this.#anchor = null
  }

  /** Moves everything that is due to later, because the exchange was away. */
  postpone(milliseconds: number): void {
    if (this.#anchor !== null) this.#anchor.real += milliseconds
  }
}
