const FIRST_DELAY_MS = 50
/** What is out of reach is asked again at least this often. */
const MAX_DELAY_MS = 5_000

/** @returns milliseconds to wait before the attempt, counted from 1: doubling, with a limit. */
export function retryDelay(attempt: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16), MAX_DELAY_MS)
}

/** Waits, or less where the signal says so. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
