/** A power of two. */
const PLACES = 2 ** 16

/** What is known by name, found by the bytes of the name. What was found once is found again without a text being made. */
export class Spellings<T> {
  private readonly known: ReadonlyMap<string, T>
  /** By a hash of the bytes: what was found there last, and its name. */
  private names: (string | undefined)[] = []
  private values: (T | undefined)[] = []

  /** @param known from which nothing is ever taken out */
  constructor(known: ReadonlyMap<string, T>) {
    this.known = known
  }

  find(source: Buffer, start: number, length: number): T | undefined {
    let hash = length
    for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
    const place = (hash ^ (hash >>> 16)) & (PLACES - 1)
    const name = this.names[place]
    if (name !== undefined && spells(source, start, length, name)) return this.values[place]
    const text = source.toString('latin1', start, start + length)
    const value = this.known.get(text)
    if (value === undefined) return undefined
    if (this.names.length === 0) {
      this.names = new Array<string | undefined>(PLACES).fill(undefined)
      this.values = new Array<T | undefined>(PLACES).fill(undefined)
    }
    this.names[place] = text
    this.values[place] = value
    return value
  }
}

function spells(source: Buffer, start: number, length: number, text: string): boolean {
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) if (source[start + i] !== text.charCodeAt(i)) return false
  return true
}
