import { logStream } from '../log-stream.ts'
import { stateStream } from '../state-stream.ts'
import type { Lane } from './lane.ts'
import type { FoundPattern, KnownRegime } from './recogniser.ts'

/** Every pattern of a lane from now on, in order; a reader that falls 256 behind is ended with SUBSCRIPTION_GAP. */
export function patternStream(lane: Lane, family: FoundPattern['family'] | null): AsyncIterableIterator<FoundPattern> {
  return logStream(
    (tell) =>
      lane.listen((pattern) => {
        if (family === null || pattern.family === family) tell(pattern)
      }),
    'A pattern would be missed: read `patterns`, then subscribe again.',
  )
}

/** A lane's regime now, and as of each bar that closes; a slow reader gets the newest. */
export const regimeStream = (lane: Lane): AsyncIterableIterator<KnownRegime> =>
  stateStream(lane.recogniser.regime, (tell) => lane.listenToRegime(tell))
