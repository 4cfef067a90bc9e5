import type { Ports } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import { surveillanceResolvers } from './manipulation/resolvers.ts'
import { SurveillanceService } from './manipulation/service.ts'
import { AlertStore } from './manipulation/store.ts'
import { AnomalyObserver } from './observe.ts'
import { anomalyResolvers } from './resolvers.ts'
import { AnomalyService } from './service.ts'
import { AnomalyStore } from './store.ts'

export type { SurveillanceAlert } from './manipulation/alert.ts'
export type { DetectedAnomaly } from './record.ts'

export interface AnomalyOptions {
  readonly database: Database
  readonly symbols: readonly string[]
  /** Called when new events lie in the outbox. */
  readonly onRecorded: () => void
}

/** Watches the markets, their order flow and the platform from now on. */
export async function openAnomalies(ports: Ports, { database, symbols, onRecorded }: AnomalyOptions) {
  const observer = new AnomalyObserver(ports)
  const store = new AnomalyStore(database)
  const service = new AnomalyService({ ports, symbols, store, observer, onRecorded })
  const alerts = new AlertStore(database)
  const surveillance = new SurveillanceService({ ports, symbols, store: alerts, observer })
  await service.start()
  await surveillance.start()
  const [watched, suspected] = [anomalyResolvers(service, store), surveillanceResolvers(surveillance, alerts)]
  return {
    resolvers: {
      ...watched,
      ...suspected,
      Query: { ...watched.Query, ...suspected.Query },
      Market: { ...watched.Market, ...suspected.Market },
      Subscription: { ...watched.Subscription, ...suspected.Subscription },
    },
    prune: () => Promise.all([service.prune(), surveillance.prune()]),
    close: async () => {
      await surveillance.close()
      await service.close()
    },
  }
}
