import { z } from 'zod'
import { Child } from './children.ts'

const PATIENCE_MS = 30_000
const countSchema = z.object({ total: z.number(), least: z.number() })

/** Many sockets in a process of their own, all asking one server the same. */
export class Crowd {
  readonly #sockets = new Child('sockets-process.ts')

  async open(port: number, query: string, count: number): Promise<void> {
    await this.#sockets.ask({ do: 'open', port, query, count }, z.null())
    // The first event has come to everyone.
    const deadline = performance.now() + PATIENCE_MS
    while ((await this.count()).least < 1) {
      if (performance.now() > deadline) throw new Error('not every socket has heard anything')
      await rest(50)
    }
  }

  /** Frames received: by all, and by the socket that has the fewest. */
  count(): Promise<{ total: number; least: number }> {
    return this.#sockets.ask({ do: 'count' }, countSchema)
  }

  /** From event to socket, in milliseconds, since they were last asked for. */
  latencies(): Promise<number[]> {
    return this.#sockets.ask({ do: 'latencies' }, z.array(z.number()))
  }

  pause(): Promise<unknown> {
    return this.#sockets.ask({ do: 'pause' }, z.unknown())
  }

  stop(): Promise<void> {
    return this.#sockets.stop()
  }
}

/** What a server cost while it served a crowd. */
export interface Cost {
  readonly messages: number
  readonly seconds: number
  /** Processor time of the server, all of it. */
  readonly microsecondsPerMessage: number
  /** Of one core. */
  readonly load: number
  readonly latencies: readonly number[]
}

/** Measures a server for so long, while its source runs. */
export async function costOf(server: Child, crowd: Crowd, seconds: number): Promise<Cost> {
  await crowd.latencies()
  const [before, cpuBefore, from] = [await crowd.count(), server.cpuMs(), performance.now()]
  await rest(seconds * 1_000)
  const [after, cpuAfter, to] = [await crowd.count(), server.cpuMs(), performance.now()]
  const messages = after.total - before.total
  const cpuMs = cpuAfter - cpuBefore
  return {
    messages,
    seconds: (to - from) / 1_000,
    microsecondsPerMessage: (cpuMs * 1_000) / messages,
    load: cpuMs / (to - from),
    latencies: await crowd.latencies(),
  }
}

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function percentile(values: readonly number[], ratio: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN
}
