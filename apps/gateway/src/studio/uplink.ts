import { UplinkSupergraphManager } from '@apollo/gateway'
import type { Logger } from 'pino'
import type { SupergraphSource } from '../supergraph/source.ts'

export interface UplinkOptions {
  /** Of Apollo Studio. */
  readonly key: string
  /** Such as `opsource@current`. */
  readonly graphRef: string
  /** Apollo's own by default. */
  readonly endpoints?: readonly string[]
  readonly log: Logger
}

/**
 * Managed federation: the supergraph that Apollo Studio composed of the published subgraphs, from Uplink
 * (https://www.apollographql.com/docs/graphos/routing/uplink). Asked again as often as Uplink says, every ten seconds by default; where it
 * does not answer, what it gave last stays.
 */
export function uplinkSource({ key, graphRef, endpoints, log }: UplinkOptions): SupergraphSource {
  const quiet = {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string) => log.error(message),
  }
  const manager = new UplinkSupergraphManager({
    apiKey: key,
    graphRef,
    logger: quiet,
    ...(endpoints ? { uplinkEndpoints: [...endpoints] } : {}),
  })
  const listeners = new Set<() => void>()
  let newest: string | null = null
  let starting: Promise<() => Promise<void>> | null = null
  const start = async () => {
    const { supergraphSdl, cleanup } = await manager.initialize({
      update: (sdl) => {
        newest = sdl
        for (const listener of listeners) listener()
      },
      healthCheck: async () => {},
      getDataSource: () => {
        throw new Error('Uplink’s manager asks no subgraph')
      },
    })
    newest = supergraphSdl
    return cleanup
  }
  return {
    name: `Apollo Uplink (${graphRef})`,
    read: async () => {
      starting ??= start()
      try {
        await starting
      } catch (error) {
        starting = null
        throw error
      }
      if (newest === null) throw new Error('Uplink gave no supergraph')
      return newest
    },
    watch: (changed) => {
      listeners.add(changed)
      return () => {
        listeners.delete(changed)
        // Its polling ends with whoever used it.
        if (listeners.size === 0) starting?.then((cleanup) => cleanup()).catch(() => {})
      }
    },
  }
}
