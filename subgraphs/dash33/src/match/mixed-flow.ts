import { BUY, SELL, type SideCode } from '../book/index.ts'
import { CANCEL, NEW, Workload } from './workload.ts'

const START = 100_000
const DRIFT_SHARE = 0.02
const PASSIVE_SHARE = 0.6
const CANCEL_SHARE = 0.3
/** Passive orders lie a geometrically distributed distance from the mid price, ten ticks in the mean. */
const TOUCH_PROBABILITY = 0.1
const LARGEST_PASSIVE = 100
const LARGEST_MARKETABLE = 400
/** Ticks through the mid price that a marketable order accepts. */
const REACH = 200

/**
 * "W1": of a million messages 60 % passive orders near a mid price that drifts, 30 % cancels of random orders (also of some long traded), 10 % marketable
 * immediate-or-cancel orders. Deep queues, long sweeps: harder on a book than the public scenarios.
 */
export function mixedFlow(messages = 1_000_000, seed = 42): Workload {
  const random = xoshiro(seed)
  const workload = new Workload(messages)
  const cancellable: number[] = []
  let mid = START
  let nextId = 1
  for (let i = 0; i < messages; i++) {
    const kind = random()
    if (random() < DRIFT_SHARE) mid += random() < 0.5 ? -1 : 1
    const side: SideCode = random() < 0.5 ? BUY : SELL
    const away = side === BUY ? -1 : 1
    if (kind < PASSIVE_SHARE || cancellable.length === 0) {
      const distance = 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - TOUCH_PROBABILITY))
      const quantity = 1 + Math.floor(random() * LARGEST_PASSIVE)
      workload.append({ type: NEW, id: nextId, side, price: mid + away * distance, quantity, immediate: false })
      cancellable.push(nextId++)
    } else if (kind < PASSIVE_SHARE + CANCEL_SHARE) {
      const place = Math.floor(random() * cancellable.length)
      const id = cancellable[place]!
      cancellable[place] = cancellable.at(-1)!
      cancellable.pop()
      workload.append({ type: CANCEL, id, side: BUY, price: 0, quantity: 0, immediate: false })
    } else {
      const quantity = 1 + Math.floor(random() * LARGEST_MARKETABLE)
      workload.append({ type: NEW, id: nextId++, side, price: mid - away * REACH, quantity, immediate: true })
    }
  }
  return workload
}

/** xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32. @returns a generator of numbers in [0, 1) of 32 random bits */
function xoshiro(seed: number): () => number {
  let counter = seed
  const split = () => {
    counter = (counter + 0x9e3779b9) | 0
    let z = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return z ^ (z >>> 16)
  }
  let [a, b, c, d] = [split(), split(), split(), split()]
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by))
  return () => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return word / 2 ** 32
  }
}
