import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { Upstream, UpstreamResult, UpstreamSink } from '../upstreams/upstream.ts'
import { Feed } from './feed.ts'
import type { StreamKind } from './kinds.ts'
import { Reader } from './reader.ts'
import { paced } from './stream.ts'
import { Topic } from './topic.ts'

/** An upstream whose sink is in the test's hand. */
class Source implements Upstream {
  readonly name = 'exchange'
  sink: UpstreamSink | null = null
  subscriptions = 0

  subscribe(_request: unknown, sink: UpstreamSink): () => void {
    this.subscriptions++
    this.sink = sink
    return () => {
      if (this.sink === sink) this.sink = null
    }
  }

  send(from: number, count: number): void {
    for (let i = 0; i < count; i++) this.sink?.next({ data: { n: from + i } })
  }

  execute = () => Promise.reject(new Error('only subscriptions here'))
  ready = async () => {}
  close = async () => {}
}

const execute = async (event: UpstreamResult) => ({ data: event.data ?? null })
const feedOf =
  (source: Source, kind: StreamKind) => (on: { event: (event: UpstreamResult) => void; end: (fault: never) => void }) =>
    new Feed({
      upstream: source,
      kind,
      request: () => ({ body: '{}', headers: {} }),
      clock: new ManualClock(),
      log: pino({ level: 'silent' }),
      onEvent: on.event,
      onEnd: (fault) => on.end(fault as never),
    })

function reader(source: Source, kind: 'DELTA' | 'LOG') {
  const seen = { lags: 0, closed: 0 }
  const made = new Reader({
    kind,
    feed: feedOf(source, kind),
    execute,
    isPaced: false,
    onLag: () => seen.lags++,
    onClose: () => seen.closed++,
  })
  return { stream: made.stream, seen }
}
const numberOf = (result: IteratorResult<{ data?: unknown }, void>) => (result.done ? null : result.value.data)

describe('a reader that falls behind', () => {
  it('in a DELTA costs its source nothing more, and starts from a fresh snapshot when it reads again', async () => {
    const source = new Source()
    const { stream, seen } = reader(source, 'DELTA')
    const first = stream.next()
    source.send(0, 1)
    expect(numberOf(await first)).toEqual({ n: 0 })
    source.send(1, 1_000)
    expect(seen.lags).toBe(1)
    expect(source.sink).toBeNull()
    const fresh = stream.next()
    expect(source.subscriptions).toBe(2)
    source.send(5_000, 1)
    expect(numberOf(await fresh)).toEqual({ n: 5_000 })
    await stream.return()
    expect(source.sink).toBeNull()
    expect(seen.closed).toBe(1)
  })

  it('in a LOG gets every entry up to the gap, and then the gap', async () => {
    const source = new Source()
    const { stream, seen } = reader(source, 'LOG')
    const first = stream.next()
    source.send(0, 1_500)
    expect(numberOf(await first)).toEqual({ n: 0 })
    expect(seen.lags).toBe(1)
    const rest: unknown[] = []
    await expect(
      (async () => {
        for (;;) rest.push(numberOf(await stream.next()))
      })(),
    ).rejects.toMatchObject({ extensions: { code: 'SUBSCRIPTION_GAP' } })
    expect(rest).toEqual(rest.map((_, i) => ({ n: i + 1 })))
    expect(rest.length).toBeGreaterThan(900)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('of a STATE gets the newest only', async () => {
    const source = new Source()
    let conflated = 0
    const topic = new Topic({
      feed: feedOf(source, 'STATE'),
      execute,
      onConflated: () => conflated++,
      onClose: () => {},
    })
    const stream = topic.join()
    source.send(0, 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(numberOf(await stream.next())).toEqual({ n: 999 })
    expect(conflated).toBe(999)
    await stream.return()
    expect(source.sink).toBeNull()
  })
})

describe('a reader that leaves', () => {
  it('while it waits wakes up and lets go of the source', async () => {
    const source = new Source()
    const { stream } = reader(source, 'DELTA')
    const waiting = stream.next()
    await stream.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(source.sink).toBeNull()
  })
})

describe('a reader that asked for few events', () => {
  it('gets them no faster, each from a fresh snapshot, and leaves at once', async () => {
    const source = new Source()
    const made = new Reader({
      kind: 'DELTA',
      feed: feedOf(source, 'DELTA'),
      execute,
      isPaced: true,
      onLag: () => {},
      onClose: () => {},
    })
    const stream = paced(made.stream, 50)
    const first = stream.next()
    await Promise.resolve()
    source.send(0, 10)
    expect(numberOf(await first)).toEqual({ n: 0 })
    const startedAt = performance.now()
    const second = stream.next()
    setTimeout(() => source.send(100, 1), 60)
    expect(numberOf(await second)).toEqual({ n: 100 })
    expect(performance.now() - startedAt).toBeGreaterThan(45)
    expect(source.subscriptions).toBe(2)
    const waiting = stream.next()
    await stream.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(source.sink).toBeNull()
  })
})
