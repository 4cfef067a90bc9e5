import { runService } from '@opsource/subgraph/service'
import { readConfig } from './config.ts'
import { startAnya } from './features.ts'

/** The analyst as a service of its own. */
runService({
  domain: 'anya',
  readConfig,
  start: (
    ports,
    { ANYA_MARKETS, ANYA_MODELS, ANYA_DATA, ANYA_RISK_PROXIES, ANYA_MODEL_VERSIONS, ANYA_TRAINING_MINUTES },
  ) =>
    startAnya(ports, {
      symbols: ANYA_MARKETS,
      dataDirectory: ANYA_DATA,
      riskProxies: ANYA_RISK_PROXIES,
      keptVersions: ANYA_MODEL_VERSIONS,
      maxTrainingMs: ANYA_TRAINING_MINUTES * 60_000,
      ...(ANYA_MODELS ? { modelsDirectory: ANYA_MODELS } : {}),
    }),
})
