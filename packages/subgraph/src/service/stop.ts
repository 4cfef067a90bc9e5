import type { Logger } from 'pino'

/** Drains once, at the first SIGINT or SIGTERM; a drain that fails is logged, and the process then ends with 1. */
export function stopOnSignal(name: string, log: Logger, stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop().catch((error: unknown) => {
        log.error({ err: error }, `${name} did not stop cleanly`)
        process.exitCode = 1
      })
    })
  }
}
