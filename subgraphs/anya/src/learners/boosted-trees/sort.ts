const DIGITS = [0, 11, 22]
const SIZE = 2 ** 11
const SIGN = 0x80000000

/**
 * Sorts float32 numbers in place, none of them NaN, as `sort` does, by their bits: the lowest eleven first (radix sort, Hollerith 1887).
 * Negative ones are turned round and the sign is turned over, so that bits are in the order of the numbers.
 */
export function sortFloats(values: Float32Array): Float32Array {
  let from: Uint32Array = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let to: Uint32Array = new Uint32Array(values.length)
  for (let i = 0; i < from.length; i++) from[i] = from[i]! ^ ((from[i]! >> 31) | SIGN)
  for (const shift of DIGITS) {
    distribute(from, to, shift)
    const other = from
    from = to
    to = other
  }
  const sorted = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < from.length; i++) sorted[i] = from[i]! ^ ((~from[i]! >> 31) | SIGN)
  return values
}

/** Puts numbers in the order of eleven of their bits, those that are alike as they came. */
function distribute(from: Uint32Array, to: Uint32Array, shift: number): void {
  const places = new Uint32Array(SIZE)
  for (let i = 0; i < from.length; i++) places[(from[i]! >>> shift) % SIZE]!++
  let place = 0
  for (let digit = 0; digit < SIZE; digit++) {
    const count = places[digit]!
    places[digit] = place
    place += count
  }
  for (let i = 0; i < from.length; i++) to[places[(from[i]! >>> shift) % SIZE]!++] = from[i]!
}
