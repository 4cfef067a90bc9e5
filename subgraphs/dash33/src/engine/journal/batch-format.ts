import { NONE } from '../../book/index.ts'
import type { Command } from '../commands.ts'
import { ENGINE_VERSION } from '../version.ts'
import { ByteReader, ByteWriter } from './byte-stream.ts'
import { readCommand, writeCommand } from './command-codec.ts'
import { readFirstFormat } from './first-format.ts'
import type { Speller } from './speller.ts'

// Binary, not JSON: a recorded quote takes some 35 bytes against 300, and the journal is what a day of trading writes most of.
/** Rises with every change of the form; old versions stay readable. */
const FORMAT_VERSION = 2
const FIRST_FORMAT_VERSION = 1

/** What one process handed to its engine in one turn of its event loop: submissions with consecutive ids. */
export interface Segment {
  /** Of the process that submitted, a number of its own; 0 where nobody waits for an answer. */
  readonly origin: number
  readonly firstId: number
  /** Commands of each submission. */
  readonly sizes: readonly number[]
  readonly commands: readonly Command[]
}

/** A batch as the journal keeps it. All its commands happen at `time`, milliseconds since the Unix epoch. */
export interface JournaledBatch {
  readonly time: number
  /** Of the engine that wrote it: see `ENGINE_VERSION`. */
  readonly engineVersion: number
  readonly segments: readonly Segment[]
}

/** Gathers submissions in the very form in which they are journaled. */
export class SegmentWriter {
  readonly #origin: number
  readonly #out = new ByteWriter()
  #commands = 0

  constructor(origin: number) {
    this.#origin = origin
  }

  /** Commands gathered so far. */
  get commands(): number {
    return this.#commands
  }

  /** @throws where a command is not of its type; the others stay. */
  add(id: number, commands: readonly Command[]): void {
    const out = this.#out
    if (this.#commands === 0) {
      out.number(this.#origin)
      out.number(id)
    }
    const mark = out.mark()
    try {
      out.number(commands.length)
      for (const command of commands) writeCommand(out, command)
    } catch (error) {
      if (this.#commands === 0) out.finish()
      else out.reset(mark)
      throw error
    }
    this.#commands += commands.length
  }

  /** @returns what was gathered, in a buffer of its own, and begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    this.#out.number(0)
    this.#commands = 0
    return this.#out.finish()
  }
}

/** A segment of commands that nobody waits for. */
export function segmentOf(commands: readonly Command[], firstId = 0, origin = 0): Uint8Array<ArrayBuffer> {
  const writer = new SegmentWriter(origin)
  writer.add(firstId, commands)
  return writer.take()
}

/** @throws where the bytes are not exactly one segment. */
export function decodeSegment(bytes: Uint8Array): Segment {
  const input = new ByteReader(bytes)
  const segment = readSegment(input)
  if (!input.atEnd) throw new Error('the segment goes on after its end')
  return segment
}

export function encodeBatch(time: number, segments: readonly Uint8Array[]): Buffer {
  const head = new ByteWriter()
  head.byte(FORMAT_VERSION)
  head.byte(ENGINE_VERSION)
  head.number(time)
  return Buffer.concat([head.finish(), ...segments])
}

/** @throws where the bytes are not a batch of a known version. */
export function decodeBatch(bytes: Uint8Array): JournaledBatch {
  const input = new ByteReader(bytes)
  const version = versionOf(input)
  if (version === FIRST_FORMAT_VERSION) return readFirstFormat(input)
  const engineVersion = input.byte()
  const time = input.number()
  const segments: Segment[] = []
  while (!input.atEnd) segments.push(readSegment(input))
  return { time, engineVersion, segments }
}

/** What stands before a batch's commands. */
export interface BatchHead {
  readonly engineVersion: number
  /** Milliseconds since the Unix epoch. */
  readonly time: number
}

/**
 * Opens a batch, and passes its head.
 * @returns null where it is of the first format
 * @throws where it is of no known version
 */
export function readHead(input: ByteReader, bytes: Uint8Array): BatchHead | null {
  input.open(bytes)
  return versionOf(input) === FIRST_FORMAT_VERSION ? null : { engineVersion: input.byte(), time: input.number() }
}

/** Of the one batch that is spelled at a time. */
const SPELLED = new ByteReader(new Uint8Array(0))

/** Spells a batch's commands. @returns where they begin, or NONE where they are for whoever carries them out to say what is wrong with them. */
export function spellBatch(bytes: Uint8Array, into: Speller): number {
  try {
    const head = readHead(SPELLED, bytes)
    return head?.engineVersion === ENGINE_VERSION ? into.spell(SPELLED) : NONE
  } catch {
    return NONE
  }
}

function versionOf(input: ByteReader): number {
  const version = input.byte()
  if (version === FORMAT_VERSION || version === FIRST_FORMAT_VERSION) return version
  throw new Error(`journal format ${version} is not known to this engine`)
}

/** All commands of a batch, in order. */
export const commandsOf = ({ segments }: JournaledBatch): readonly Command[] =>
  segments.length === 1 ? segments[0]!.commands : segments.flatMap(({ commands }) => commands)

function readSegment(input: ByteReader): Segment {
  input.forgetTexts()
  const origin = input.number()
  const firstId = input.number()
  const sizes: number[] = []
  const commands: Command[] = []
  for (let size = input.number(); size > 0; size = input.number()) {
    sizes.push(size)
    for (let i = 0; i < size; i++) commands.push(readCommand(input))
  }
  return { origin, firstId, sizes, commands }
}
