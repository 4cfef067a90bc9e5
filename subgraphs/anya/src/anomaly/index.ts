import type { Ports } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import { AnomalyObserver } from './observe.ts'
import { anomalyResolvers } from './resolvers.ts'
import { AnomalyService } from './service.ts'
import { AnomalyStore } from './store.ts'

export type { DetectedAnomaly } from './record.ts'

export interface AnomalyOptions {
  readonly database: Database
  readonly symbols: readonly string[]
  /** Called when new events lie in the outbox. */
  readonly onRecorded: () => void
}

/** Watches the markets and the platform from now on. */
export async function openAnomalies(ports: Ports, { database, symbols, onRecorded }: AnomalyOptions) {
  const store = new AnomalyStore(database)
  const service = new AnomalyService({ ports, symbols, store, observer: new AnomalyObserver(ports), onRecorded })
  await service.start()
  return {
    resolvers: anomalyResolvers(service, store),
    prune: () => service.prune(),
    close: () => service.close(),
  }
}
