import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '@opsource/subgraph'
import type { RunNews } from './news.ts'
import type { TrainingRunStore } from './store.ts'
import { hasEnded, type TrainingRun } from './training-run.ts'

/** News may get lost on the way: so often it is looked whether there was any. */
const LOOK_AGAIN_MS = 2_000

/** The run as it is, and each time it has changed, until it has ended. A reader that is slower than it changes gets the newest only. */
export async function* progressOf(
  id: string,
  { store, news }: { readonly store: TrainingRunStore; readonly news: RunNews },
): AsyncGenerator<TrainingRun, void, void> {
  let wake = new AbortController()
  const stop = await news.listen(id, () => wake.abort())
  try {
    let shown = ''
    for (;;) {
      wake = new AbortController()
      const run = await store.find(id)
      if (!run) throw fault('BAD_USER_INPUT', 'There is no such training.')
      // How long it has computed changes all the time, and is nothing that a reader is shown.
      const state = JSON.stringify({ ...run, spentMs: 0 })
      if (state !== shown) yield run
      shown = state
      if (hasEnded(run)) return
      await sleep(LOOK_AGAIN_MS, undefined, { signal: wake.signal }).catch(() => {})
    }
  } finally {
    await stop()
  }
}
