import { existsSync, renameSync, statSync } from 'node:fs'
import { destination, type Logger, pino } from 'pino'

/** The log and its predecessor together take at most twice this. */
const MAX_LOG_BYTES = 16 * 1024 * 1024

/** Logs to a file that is renamed to `….1` when it is full, so that it never fills the disk. */
export function rollingLog(file: string, level: string): Logger {
  const sink = destination({ dest: file, append: true, sync: false })
  let size = existsSync(file) ? statSync(file).size : 0
  const stream = {
    write(line: string) {
      size += Buffer.byteLength(line)
      if (size > MAX_LOG_BYTES) {
        renameSync(file, `${file}.1`)
        sink.reopen()
        size = Buffer.byteLength(line)
      }
      sink.write(line)
    },
  }
  return pino({ level, base: null }, stream)
}
