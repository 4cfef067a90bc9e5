const SIZE = 624
const SHIFT = 397

/** MT19937 (Matsumoto and Nishimura, 1998), the words of C++'s `std::mt19937`. */
export class MersenneTwister {
  readonly #state = new Uint32Array(SIZE)
  #next = SIZE

  /** @param seed an unsigned 32-bit integer */
  constructor(seed: number) {
    const state = this.#state
    state[0] = seed
    for (let i = 1; i < SIZE; i++) {
      const previous = state[i - 1]!
      state[i] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + i
    }
  }

  /** 32 random bits. */
  word(): number {
    if (this.#next === SIZE) this.#twist()
    let y = this.#state[this.#next++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }

  /** In [0, 1), of 53 random bits. */
  uniform(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1))
  }

  /** Standard normal, by Box and Muller's cosine branch. */
  normal(): number {
    const radius = Math.max(this.uniform(), 1e-300)
    const angle = this.uniform()
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle)
  }

  #twist(): void {
    const state = this.#state
    for (let i = 0; i < SIZE; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff)
      state[i] = state[(i + SHIFT) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.#next = 0
  }
}
