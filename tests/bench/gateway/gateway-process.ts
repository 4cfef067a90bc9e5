import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Pool } from 'undici'
import { z } from 'zod'

/** The kernel counts a process's time in ticks of this length (`getconf CLK_TCK` is 100 wherever Linux runs). */
const TICK_MS = 10
const START_WITHIN_MS = 60_000
/** Gateways have a core of their own; whoever asks them, and whomever they ask, has the other. */
const TASKSET = '/usr/bin/taskset'
const GATEWAY_CORE = '0'
export const OTHER_CORE = '1'

const answerSchema = z.object({ data: z.unknown(), errors: z.array(z.unknown()).optional() })

export interface Measured {
  /** Time of the gateway's process for each request, in milliseconds. */
  readonly cpuMs: number
  readonly perSecond: number
  /** Half of the requests took no longer, in milliseconds. */
  readonly medianMs: number
}

/** How many requests at a time, and until when: so many requests, or so much time. */
export interface Load {
  readonly hands: number
  readonly requests?: number
  readonly seconds?: number
}

/** One gateway in a process of its own. */
export class GatewayProcess {
  readonly name: string
  readonly #process: ChildProcess
  readonly #pool: Pool
  readonly #path: string
  #token: string | null = null

  /** @param command what Node runs, with its arguments. */
  constructor(name: string, command: readonly string[], url: string) {
    const { origin, pathname } = new URL(url)
    this.name = name
    this.#path = pathname
    this.#pool = new Pool(origin, { connections: 64, pipelining: 1 })
    this.#process = pinned(GATEWAY_CORE, command, ['ignore', 'pipe', 'inherit'])
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#token ??= /^ey[\w-]+\.[\w-]+\.[\w-]+$/m.exec(chunk.toString())?.[0] ?? null
    })
  }

  /** Waits until it answers. Rejects where it does not, or its process ends. */
  async ready(): Promise<void> {
    const deadline = performance.now() + START_WITHIN_MS
    while (performance.now() < deadline && this.#process.exitCode === null) {
      const answer = await this.ask('{"query":"{ __typename }"}').catch(() => null)
      if (answer?.data) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw new Error(`${this.name} does not answer`)
  }

  async ask(body: string): Promise<z.infer<typeof answerSchema>> {
    return answerSchema.parse(JSON.parse(await this.#post(body)))
  }

  /** Asks for so long, after a while that wakes what went to sleep while others were measured. */
  async measure(bodyOf: (index: number) => string, hands: number, seconds: number): Promise<Measured> {
    await this.send(bodyOf, { hands, seconds: seconds / 5 })
    return this.send(bodyOf, { hands, seconds })
  }

  async send(
    bodyOf: (index: number) => string,
    { hands, requests = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY }: Load,
  ): Promise<Measured> {
    const durations: number[] = []
    const cpuBefore = this.#cpuMs()
    let sent = 0
    const begun = performance.now()
    const work = async () => {
      while (sent < requests && performance.now() - begun < seconds * 1_000) {
        const sentAt = performance.now()
        await this.#post(bodyOf(sent++))
        durations.push(performance.now() - sentAt)
      }
    }
    await Promise.all(Array.from({ length: hands }, work))
    const took = performance.now() - begun
    durations.sort((a, b) => a - b)
    return {
      cpuMs: (this.#cpuMs() - cpuBefore) / durations.length,
      perSecond: (durations.length / took) * 1_000,
      medianMs: durations[durations.length >> 1] ?? Number.NaN,
    }
  }

  async stop(): Promise<void> {
    await this.#pool.destroy()
    if (this.#process.exitCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
  }

  async #post(body: string): Promise<string> {
    const { statusCode, body: answer } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body,
    })
    const text = await answer.text()
    if (statusCode !== 200) throw new Error(`${this.name} answered ${statusCode}: ${text.slice(0, 500)}`)
    return text
  }

  /** User and system time of all its threads. */
  #cpuMs(): number {
    const [, after = ''] = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8').split(') ')
    const fields = after.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  }
}

/**
 * Puts this process on the core beside the gateways'. On theirs it would run whenever an answer wakes it, and in a virtual machine waking
 * another core costs the gateway, whichever it is, more than the rest of a small request.
 */
export function leaveGatewaysCore(): void {
  if (existsSync(TASKSET)) execFileSync(TASKSET, ['-apc', OTHER_CORE, `${process.pid}`], { stdio: 'ignore' })
}

/** A process of Node on one core, where the machine lets it. */
export function pinned(
  core: string,
  command: readonly string[],
  stdio: ('ignore' | 'pipe' | 'inherit')[],
): ChildProcess {
  const node = [process.execPath, ...command]
  const [program = process.execPath, ...given] = existsSync(TASKSET) ? [TASKSET, '-c', core, ...node] : node
  const child = spawn(program, given, {
    stdio,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: 'true' },
  })
  // Nothing is left behind, however the bench ends.
  process.once('exit', () => child.kill('SIGKILL'))
  return child
}
