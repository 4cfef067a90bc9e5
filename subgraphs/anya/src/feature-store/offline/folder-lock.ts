import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, mkdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const FILE = '.writer.json'
const HEARTBEAT_MS = 10_000
/** Of an owner whose process cannot be looked at, as it is on another machine: silent for so long, it is gone. */
const SILENCE_MS = 60_000
/** Two that take over at once both replace the file; after this the one who did so last is known to both. */
const SETTLE_MS = 50

const ownerSchema = z.object({
  token: z.string(),
  /** Within what its process can be looked at: a machine since it was started, and there a container. */
  place: z.string(),
  pid: z.number().int(),
  /** As the system counts; a process that got the same number later began at another time. */
  startedAt: z.string(),
})
type Owner = z.infer<typeof ownerSchema>

/** Lets one process at a time write to a folder, whichever databases they have: a file that names its owner, who shows that it lives. */
export class FolderLock {
  readonly #folder: string
  readonly #token = randomUUID()
  #heartbeat: NodeJS.Timeout | undefined
  #asking: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @returns whether this process may write now. Takes the place of an owner that is gone; asks anew each time. */
  acquire(): Promise<boolean> {
    // One at a time: two of one process would take each other for another owner.
    const asked = this.#asking.then(() => this.#acquire())
    this.#asking = asked.catch(() => {})
    return asked
  }

  async close(): Promise<void> {
    await this.#asking
    this.#letGo()
    if ((await this.#owner())?.token === this.#token) await rm(this.#file, { force: true })
  }

  async #acquire(): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
    const owner = await this.#owner()
    if (owner?.token === this.#token) return true
    this.#letGo()
    const wasTaken = (await this.#take(owner)) && (await this.#owner())?.token === this.#token
    if (wasTaken) this.#heartbeat = setInterval(() => void this.#beat().catch(() => {}), HEARTBEAT_MS).unref()
    return wasTaken
  }

  get #file(): string {
    return path.join(this.#folder, FILE)
  }

  async #take(before: Owner | null): Promise<boolean> {
    const own = await this.#written()
    try {
      if (before === null && (await isFirst(own, this.#file))) return true
      const { mtimeMs: now } = await stat(own)
      if (await this.#isAlive(now)) return false
      if ((await this.#owner())?.token !== before?.token) return false
      await rename(own, this.#file)
      await sleep(SETTLE_MS)
      return true
    } finally {
      await rm(own, { force: true })
    }
  }

  /** @returns a file of its own that says who it is. */
  async #written(): Promise<string> {
    const own = path.join(this.#folder, `.writer.${this.#token}.tmp`)
    const startedAt = (await startOf(process.pid)) ?? ''
    const owner: Owner = { token: this.#token, place: await placeOfProcesses(), pid: process.pid, startedAt }
    await writeFile(own, JSON.stringify(owner))
    return own
  }

  /** @param now by the clock of whatever holds the folder: those of two machines differ. */
  async #isAlive(now: number): Promise<boolean> {
    const owner = await this.#owner()
    if (owner?.place === (await placeOfProcesses())) return (await startOf(owner.pid)) === owner.startedAt
    const touched = await stat(this.#file).catch(() => null)
    return touched !== null && now - touched.mtimeMs < SILENCE_MS
  }

  /** Null where there is none, or the file cannot be read. */
  async #owner(): Promise<Owner | null> {
    const text = await readFile(this.#file, 'utf8').catch(() => '')
    try {
      return ownerSchema.parse(JSON.parse(text))
    } catch {
      return null
    }
  }

  /** Whoever cannot see this process sees by the file's time that it lives. */
  async #beat(): Promise<void> {
    const own = await this.#written()
    if ((await this.#owner())?.token === this.#token) await rename(own, this.#file)
    else await rm(own, { force: true })
  }

  #letGo(): void {
    clearInterval(this.#heartbeat)
  }
}

/** Puts the file there whole, or not at all. @returns false where another is there. */
async function isFirst(own: string, file: string): Promise<boolean> {
  const isTaken = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EEXIST'
  try {
    // Not every file system has links; a copy is there before it is whole, which whoever reads it takes for an owner that lives.
    await link(own, file).catch((error: unknown) => {
      if (isTaken(error)) throw error
      return copyFile(own, file, constants.COPYFILE_EXCL)
    })
    return true
  } catch (error) {
    if (isTaken(error)) return false
    throw error
  }
}

async function placeOfProcesses(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const numbering = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname()} ${boot.trim()} ${numbering}`
}

/** @returns when the process began, as the system counts, empty where it does not tell; null where there is no such process. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return isThere(pid) ? '' : null
  // The name, in brackets, may hold anything. Behind it: the state first, the start as the twentieth.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '')
}

/** Whether this machine has such a process. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
