import { runService } from '@opsource/subgraph/service'
import { readConfig } from './config.ts'
import { startAnya } from './features.ts'

/** The analyst as a service of its own. */
runService({
  domain: 'anya',
  readConfig,
  start: (ports, { ANYA_MARKETS, ANYA_MODELS }) =>
    startAnya(ports, { symbols: ANYA_MARKETS, ...(ANYA_MODELS ? { modelsDirectory: ANYA_MODELS } : {}) }),
})
