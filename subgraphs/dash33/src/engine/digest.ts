const SEED_A = 0xdeadbeef
const SEED_B = 0x41c6ce57
const PRIME_A = 2_654_435_761
const PRIME_B = 1_597_334_677
const TWO_TO_32 = 4_294_967_296
const HALF_DIGITS = 8
const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/**
 * A running 64-bit hash of everything the engine did, in the manner of cyrb53 (bryc, public domain): cheap enough for every
 * command, so that a replay proves itself batch by batch. Against accidents, not against attackers: those meet the SHA-256 chain.
 */
export class Digest {
  declare private a: number
  declare private b: number

  constructor(a = SEED_A, b = SEED_B) {
    this.a = a | 0
    this.b = b | 0
  }

  static parse(hex: string): Digest {
    return new Digest(Number.parseInt(hex.slice(0, 8), 16), Number.parseInt(hex.slice(8), 16))
  }

  /** Mixes in a safe integer. */
  number(value: number): void {
    const low = value | 0
    const high = low === value && low >= 0 ? 0 : Math.floor(value / TWO_TO_32) | 0
    // The same as `mix` of one after the other, here and below, the two halves kept out of memory meanwhile.
    const firstA = Math.imul(this.a ^ low, PRIME_A)
    const firstB = Math.imul(this.b ^ low, PRIME_B)
    const a = Math.imul(firstA ^ (firstA >>> 15) ^ (firstB << 7) ^ high, PRIME_A)
    const b = Math.imul(firstB ^ (firstB >>> 13) ^ (firstA << 11) ^ high, PRIME_B)
    this.a = a ^ (a >>> 15) ^ (b << 7)
    this.b = b ^ (b >>> 13) ^ (a << 11)
  }

  text(value: string): void {
    this.mix(value.length)
    let { a, b } = this
    for (let i = 0; i < value.length; i++) {
      const word = value.charCodeAt(i)
      const mixedA = Math.imul(a ^ word, PRIME_A)
      const mixedB = Math.imul(b ^ word, PRIME_B)
      a = mixedA ^ (mixedA >>> 15) ^ (mixedB << 7)
      b = mixedB ^ (mixedB >>> 13) ^ (mixedA << 11)
    }
    this.a = a
    this.b = b
  }

  /** The same as the text of these characters. */
  spelled(bytes: Uint8Array, start: number, length: number): void {
    this.mix(length)
    let { a, b } = this
    for (let i = start; i < start + length; i++) {
      const word = bytes[i]!
      const mixedA = Math.imul(a ^ word, PRIME_A)
      const mixedB = Math.imul(b ^ word, PRIME_B)
      a = mixedA ^ (mixedA >>> 15) ^ (mixedB << 7)
      b = mixedB ^ (mixedB >>> 13) ^ (mixedA << 11)
    }
    this.a = a
    this.b = b
  }

  /** 16 hexadecimal digits. */
  hex(): string {
    const half = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
    return half(this.a) + half(this.b)
  }

  /** Whether it is this one in hexadecimal digits: what a recovery asks before each batch. */
  is(hex: string): boolean {
    return hex.length === 2 * HALF_DIGITS && spells(hex, 0, this.a) && spells(hex, HALF_DIGITS, this.b)
  }

  private mix(word: number): void {
    const a = Math.imul(this.a ^ word, PRIME_A)
    const b = Math.imul(this.b ^ word, PRIME_B)
    this.a = a ^ (a >>> 15) ^ (b << 7)
    this.b = b ^ (b >>> 13) ^ (a << 11)
  }
}

function spells(hex: string, start: number, value: number): boolean {
  for (let i = 0; i < HALF_DIGITS; i++) {
    if (hex.charCodeAt(start + i) !== DIGITS[(value >>> (4 * (HALF_DIGITS - 1 - i))) & 15]) return false
  }
  return true
}
