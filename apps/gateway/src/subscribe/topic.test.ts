import { ManualClock } from '@opsource/kernel'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BookOwner } from '../testing/book-owner.ts'
import { Shelf } from '../testing/shelf.ts'
import type { UpstreamResult, UpstreamSink } from '../upstreams/upstream.ts'
import { Payload } from './backlog.ts'
import { Feed } from './feed.ts'
import type { StreamKind } from './kinds.ts'
import { Topic } from './topic.ts'

/** An upstream whose only sink is in the test's hand. */
class Source extends BookOwner {
  sink: UpstreamSink | null = null
  readonly #text: string

  constructor(length = 0) {
    super()
    this.#text = 'x'.repeat(length)
  }

  override subscribe(_request: unknown, sink: UpstreamSink): () => void {
    this.subscriptions++
    this.sink = sink
    return () => {
      if (this.sink === sink) this.sink = null
    }
  }

  send(from: number, count: number): void {
    for (let i = 0; i < count; i++) this.sink?.next({ data: { n: from + i, text: this.#text } })
  }
}

const markSchema = z.object({ book: z.object({ stateMark: z.number() }) })
const markOf = ({ data }: UpstreamResult) => {
  const marked = markSchema.safeParse(data)
  return marked.success ? String(marked.data.book.stateMark) : null
}

function topicOf(kind: StreamKind, upstream: BookOwner) {
  const seen = { lags: 0, conflated: 0, closed: 0 }
  const topic = new Topic({
    kind,
    feed: (on) =>
      new Feed({
        upstream,
        kind,
        request: () => ({ body: '{}', headers: {} }),
        clock: new ManualClock(),
        log: pino({ level: 'silent' }),
        onEvent: on.event,
        onEnd: on.end,
      }),
    execute: async (event) => new Payload(JSON.stringify(event.data), markOf(event)),
    onLag: () => seen.lags++,
    onFanOut: () => {},
    onConflated: (count) => {
      seen.conflated += count
    },
    onClose: () => seen.closed++,
  })
  return { topic, seen }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const numbers = (shelf: Shelf) => shelf.read(z.object({ n: z.number() })).map(({ n }) => n)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

describe('readers of a STATE', () => {
  it('share one source; a late one gets the newest, a slow one the next newest', async () => {
    const source = new Source()
    const { topic, seen } = topicOf('STATE', source)
    const [quick, slow] = [new Shelf(), new Shelf()]
    topic.join(quick, 0)
    const slowReader = topic.join(slow, 0)
    slow.isReady = false
    for (let n = 0; n < 100; n++) {
      source.send(n, 1)
      await settle()
    }
    const late = new Shelf()
    topic.join(late, 0)
    slow.isReady = true
    slowReader.wake()
    expect(numbers(quick)).toEqual(range(0, 100))
    expect([numbers(slow), numbers(late)]).toEqual([[99], [99]])
    expect(source.subscriptions).toBe(1)
    expect(seen.conflated).toBe(99)
  })

  it('are given only the newest of what comes faster than it is joined', async () => {
    const source = new Source()
    const { topic, seen } = topicOf('STATE', source)
    const shelf = new Shelf()
    topic.join(shelf, 0)
    source.send(0, 1_000)
    await settle()
    expect(numbers(shelf)).toEqual([0, 999])
    expect(seen.conflated).toBe(998)
  })

  it('let go of the source when the last of them leaves', () => {
    const source = new Source()
    const { topic, seen } = topicOf('STATE', source)
    const readers = [topic.join(new Shelf(), 0), topic.join(new Shelf(), 0)]
    readers[0]?.leave()
    expect(source.sink).not.toBeNull()
    readers[1]?.leave()
    expect(source.sink).toBeNull()
    expect(seen.closed).toBe(1)
  })
})

describe('a reader of a LOG that falls behind', () => {
  it.each([
    ['many', 1, 900],
    ['long', 50_000, 70],
  ])('by %s entries gets every one up to the gap, and then the gap', async (_, length, atLeast) => {
    const source = new Source(length)
    const { topic, seen } = topicOf('LOG', source)
    const shelf = new Shelf()
    const reader = topic.join(shelf, 0)
    source.send(0, 1)
    await settle()
    shelf.isReady = false
    for (let n = 1; n < 1_500; n++) {
      source.send(n, 1)
      await Promise.resolve()
    }
    await settle()
    expect(source.sink).toBeNull()
    expect(seen.lags).toBe(1)
    expect(shelf.ending).toBeNull()
    shelf.isReady = true
    reader.wake()
    const given = numbers(shelf)
    expect(given).toEqual(range(0, given.length))
    expect(given.length).toBeGreaterThan(atLeast)
    expect(shelf.ending).toMatchObject({ fault: { extensions: { code: 'SUBSCRIPTION_GAP' } } })
  })
})

const stepSchema = z.object({
  book: z.object({ kind: z.enum(['SNAPSHOT', 'DELTA']), sequence: z.number(), previous: z.number().nullable() }),
})
const steps = (shelf: Shelf) => shelf.read(stepSchema).map(({ book }) => book)

/** Where a reader stands that has followed the rules of the kind. */
function followed(shelf: Shelf): number | null {
  let at: number | null = null
  for (const { kind, sequence, previous } of steps(shelf)) {
    if (kind === 'DELTA') expect(previous).toBe(at)
    at = sequence
  }
  return at
}

describe('readers of a DELTA', () => {
  it('share one source: a late one begins with a snapshot of its own and then reads with the others', async () => {
    const owner = new BookOwner()
    const { topic } = topicOf('DELTA', owner)
    const [early, late] = [new Shelf(), new Shelf()]
    topic.join(early, 0)
    const move = async () => {
      owner.step()
      owner.deliverAll()
      await settle()
    }
    await move()
    topic.join(late, 0)
    owner.deliverAll()
    await settle()
    expect(owner.subscriptions).toBe(2)
    expect(owner.ways).toHaveLength(1)
    await move()
    expect(steps(late).map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'DELTA'])
    expect([followed(early), followed(late)]).toEqual([owner.sequence, owner.sequence])
  })

  it('ask the owner for nothing where its snapshot is the newest that there is', async () => {
    const owner = new BookOwner()
    const { topic } = topicOf('DELTA', owner)
    const shelves = Array.from({ length: 10 }, () => new Shelf())
    for (const shelf of shelves) topic.join(shelf, 0)
    owner.deliverAll()
    await settle()
    const late = new Shelf()
    topic.join(late, 0)
    expect(owner.subscriptions).toBe(1)
    expect([...shelves, late].map((shelf) => steps(shelf).length)).toEqual(Array(11).fill(1))
  })

  it('all go on from a fresh snapshot when the owner has restarted, also who was just coming', async () => {
    const owner = new BookOwner()
    const { topic } = topicOf('DELTA', owner)
    const shelves = [new Shelf(), new Shelf()]
    for (const shelf of shelves) topic.join(shelf, 0)
    owner.step()
    owner.deliverAll()
    await settle()
    const coming = new Shelf()
    topic.join(coming, 0)
    owner.deliver(1)
    await settle()
    owner.step()
    owner.restart()
    await expect.poll(() => owner.ways.length).toBe(1)
    owner.step()
    owner.deliverAll()
    await settle()
    expect([...shelves, coming].map(followed)).toEqual(Array(3).fill(owner.sequence))
    expect(steps(shelves[0] ?? coming).map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'DELTA', 'SNAPSHOT', 'DELTA'])
  })

  it('cost the source nothing while none of them reads, and begin anew when they do', async () => {
    const owner = new BookOwner()
    const { topic, seen } = topicOf('DELTA', owner)
    const shelf = new Shelf()
    const reader = topic.join(shelf, 0)
    owner.deliverAll()
    await settle()
    shelf.isReady = false
    for (let i = 0; i < 1_000; i++) {
      owner.step()
      owner.deliverAll()
      await Promise.resolve()
    }
    await settle()
    expect(owner.ways).toEqual([])
    shelf.isReady = true
    reader.wake()
    owner.deliverAll()
    await settle()
    expect(steps(shelf).map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'SNAPSHOT'])
    expect(followed(shelf)).toBe(owner.sequence)
    expect(seen.lags).toBe(1)
  })

  it('that asked for few events get them no faster, and whole where steps were left out', async () => {
    const owner = new BookOwner()
    const { topic } = topicOf('DELTA', owner)
    const shelf = new Shelf()
    const reader = topic.join(shelf, 40)
    const startedAt = performance.now()
    while (shelf.texts.length < 3) {
      owner.step()
      owner.deliverAll()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(performance.now() - startedAt).toBeGreaterThan(75)
    expect(steps(shelf).map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'SNAPSHOT', 'SNAPSHOT'])
    reader.leave()
    expect(owner.ways).toEqual([])
  })

  it('miss nothing, whenever they come, pause, go on or leave, and however unevenly the owner is heard', async () => {
    const action = fc.oneof(
      { weight: 5, arbitrary: fc.constant({ do: 'step' as const, which: 0 }) },
      { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), which: fc.nat(4) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume'), which: fc.nat(7) }) },
      { weight: 2, arbitrary: fc.constant({ do: 'join' as const, which: 0 }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(7) }) },
      { weight: 2, arbitrary: fc.constant({ do: 'settle' as const, which: 0 }) },
      { weight: 1, arbitrary: fc.constant({ do: 'burst' as const, which: 0 }) },
    )
    const story = fc.asyncProperty(fc.array(action, { minLength: 20, maxLength: 120 }), async (actions) => {
      const owner = new BookOwner()
      const { topic } = topicOf('DELTA', owner)
      const all: { shelf: Shelf; reader: ReturnType<Topic['join']>; left: boolean }[] = []
      const join = () => {
        const shelf = new Shelf()
        all.push({ shelf, reader: topic.join(shelf, 0), left: false })
      }
      join()
      for (const { do: what, which } of actions) {
        const one = all[which % all.length]
        if (what === 'join') join()
        else if (what === 'step') owner.step()
        else if (what === 'deliver') owner.deliver(which % Math.max(1, owner.ways.length))
        else if (what === 'burst') for (let i = 0; i < 140; i++) owner.step()
        else if (what === 'settle') await settle()
        else if (one && what === 'pause') one.shelf.isReady = false
        else if (one && what === 'resume') {
          one.shelf.isReady = true
          one.reader.wake()
        } else if (one && what === 'leave') {
          one.reader.leave()
          one.left = true
        }
      }
      const staying = all.filter(({ left }) => !left)
      for (const { shelf, reader } of staying) {
        shelf.isReady = true
        reader.wake()
      }
      // A restart for lag is asked for when what waits has been executed.
      for (let round = 0; round < 5; round++) {
        owner.deliverAll()
        await settle()
      }
      expect(staying.map(({ shelf }) => followed(shelf))).toEqual(staying.map(() => owner.sequence))
      for (const { shelf } of all) followed(shelf)
      for (const { reader } of staying) reader.leave()
      expect(owner.ways).toEqual([])
    })
    await fc.assert(story, { numRuns: 150 })
  })
})
