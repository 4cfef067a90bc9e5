import { type Logger, pino } from 'pino'

/** A line waits this long at most. */
const FLUSH_MS = 100
/** So much is written at once: a write for each line would cost a kept answer a tenth of all that it takes. */
const FLUSH_CHARACTERS = 16_384
/** From this level on a line is written at once, with all before it: what comes next may be the end. */
const URGENT = pino.levels.values.warn ?? 0

export interface LogOptions {
  readonly level: string
  /** A file, or the number of an open one; standard output by default. */
  readonly destination?: string | number
}

/** The gateway's log. Lines are gathered and written together; a process that is killed outright takes the last of them along. */
export function openLog({ level, destination = 1 }: LogOptions): Logger {
  const lines = new Lines(pino.destination({ dest: destination, sync: true }))
  process.once('exit', () => lines.flush())
  return pino({ level, base: { service: 'gateway' } }, lines)
}

class Lines {
  /** Makes pino say of which level a line is (https://getpino.io/#/docs/api?id=metadata). */
  readonly [pino.symbols.needsMetadataGsym] = true
  /** Pino's to set. */
  lastLevel = 0
  readonly #sink: { write(text: string): boolean }
  #text = ''
  #timer: NodeJS.Timeout | null = null

  constructor(sink: { write(text: string): boolean }) {
    this.#sink = sink
  }

  write(line: string): void {
    this.#text += line
    if (this.lastLevel >= URGENT || this.#text.length >= FLUSH_CHARACTERS) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref()
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const text = this.#text
    if (text === '') return
    this.#text = ''
    this.#sink.write(text)
  }
}
