import { Mailbox } from './mailbox.ts'

/** About 2 s of the busiest view seen: beyond it a reader is better served by a fresh snapshot than by catching up. */
const MAX_WAITING_UPDATES = 64

interface WatchedView<V, U> {
  readonly view: V
  readonly readers: Set<Mailbox<U>>
}

/** Serves `DELTA` streams of one market: each depth is followed once, for all who watch it. */
export class ViewWatchers<U, V extends { snapshot(): U }> {
  readonly #open: (depth: number) => V
  readonly #views = new Map<number, WatchedView<V, U>>()

  /** @param open makes the view of a depth as it is now. */
  constructor(open: (depth: number) => V) {
    this.#open = open
  }

  /** The view of that depth as it is now: the shared one where somebody watches it. */
  snapshot(depth: number): U {
    return (this.#views.get(depth)?.view ?? this.#open(depth)).snapshot()
  }

  /** @returns a stream that begins with a snapshot. A reader that falls behind costs nothing until it comes, then begins with a fresh one. */
  watch(depth: number): Mailbox<U> {
    const watched = this.#views.get(depth) ?? { view: this.#open(depth), readers: new Set() }
    this.#views.set(depth, watched)
    const snapshot = () => watched.view.snapshot()
    const reader: Mailbox<U> = new Mailbox<U>({
      limit: MAX_WAITING_UPDATES,
      overflow: () => ({ restart: snapshot }),
      onClose: () => {
        watched.readers.delete(reader)
        if (watched.readers.size === 0 && this.#views.get(depth) === watched) this.#views.delete(depth)
      },
    })
    watched.readers.add(reader)
    reader.push(snapshot())
    return reader
  }

  /** Moves every watched view on, and tells its readers where that changed it. */
  advance(step: (view: V) => U | null): void {
    for (const { view, readers } of this.#views.values()) {
      const update = step(view)
      if (update) for (const reader of readers) reader.push(update)
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const { readers } of this.#views.values()) for (const reader of readers) reader.end()
  }
}
