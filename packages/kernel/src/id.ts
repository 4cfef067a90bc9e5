import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARACTERS = 9
const RANDOM_CHARACTERS = 13

export type IdPrefix =
  | 'usr'
  | 'ses'
  | 'key'
  | 'aud'
  | 'acc'
  | 'pac'
  | 'por'
  | 'evt'
  | 'dev'
  | 'ntf'
  | 'mdl'
  | 'prd'
  | 'ano'
  | 'sal'
  | 'stg'
  | 'trn'
  | 'req'
  | 'job'

/** Makes ids such as `usr_1j2k…`: a readable prefix, 45 bits of milliseconds (so they sort by time), 65 random bits. */
export class IdSource {
  readonly #clock: Clock
  readonly #random: Random

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  next(prefix: IdPrefix): string {
    let time = this.#clock.now()
    let timePart = ''
    for (let i = 0; i < TIME_CHARACTERS; i++) {
      timePart = ALPHABET[time % 32] + timePart
      time = Math.floor(time / 32)
    }
    const randomPart = Array.from(this.#random.bytes(RANDOM_CHARACTERS), (byte) => ALPHABET[byte & 31]).join('')
    return `${prefix}_${timePart}${randomPart}`
  }
}
