import type { Clock } from '@opsource/kernel'
import { type Logger, pino } from 'pino'
import type { OperationLine, OperationLines } from './request-log.ts'

/** A line waits this long at most. */
const FLUSH_MS = 100
/** So much is written at once: a write for each line would cost a kept answer a tenth of all that it takes. */
const FLUSH_CHARACTERS = 16_384
/** From this level on a line is written at once, with all before it: what comes next may be the end. */
const URGENT = pino.levels.values.warn ?? 0
const INFO = pino.levels.values.info ?? 0
const SERVICE = 'gateway'

export interface LogOptions {
  readonly level: string
  readonly clock: Clock
  /** A file, or the number of an open one; standard output by default. */
  readonly destination?: string | number
}

export interface GatewayLog {
  readonly log: Logger
  readonly operationLines: OperationLines
}

/** The gateway's log. Lines are gathered and written together; a process that is killed outright takes the last of them along. */
export function openLog({ level, clock, destination = 1 }: LogOptions): GatewayLog {
  const lines = new Lines(pino.destination({ dest: destination, sync: true }))
  process.once('exit', () => lines.flush())
  const log = pino({ level, base: { service: SERVICE } }, lines)
  const operationLines = (line: OperationLine) => {
    if (log.isLevelEnabled('info')) lines.write(operationText(line, clock.now()))
  }
  return { log, operationLines }
}

/** As pino writes it, which has to find out first what there is to write: that takes several times as long. */
function operationText(line: OperationLine, time: number): string {
  const { requestId, traceId, userId, client, type, operation, ms, codes } = line
  const named = `"type":${quoted(type)},"operation":${quoted(operation)},"ms":${ms}`
  const asked = `"requestId":${quoted(requestId)},"traceId":${quoted(traceId)},"userId":${quoted(userId)}`
  const told = codes.length === 0 ? '[]' : JSON.stringify(codes)
  return `{"level":${INFO},"time":${time},"service":"${SERVICE}",${asked},"client":${quoted(client)},${named},"codes":${told},"msg":"operation"}\n`
}

function quoted(text: string | null): string {
  return text === null ? 'null' : JSON.stringify(text)
}

class Lines {
  /** Makes pino say of which level a line is (https://getpino.io/#/docs/api?id=metadata). */
  readonly [pino.symbols.needsMetadataGsym] = true
  /** Pino sets it before each of its own. */
  lastLevel = 0
  readonly #sink: { write(text: string): boolean }
  #text = ''
  #timer: NodeJS.Timeout | null = null

  constructor(sink: { write(text: string): boolean }) {
    this.#sink = sink
  }

  write(line: string): void {
    const isUrgent = this.lastLevel >= URGENT
    this.lastLevel = 0
    this.#text += line
    if (isUrgent || this.#text.length >= FLUSH_CHARACTERS) this.flush()
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
