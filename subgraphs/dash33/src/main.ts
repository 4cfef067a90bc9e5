import { runService } from '@opsource/subgraph/service'
import { readConfig } from './config.ts'
import { startDash33 } from './features.ts'

/** The exchange as a service of its own. */
runService({ domain: 'dash33', readConfig, start: (ports) => startDash33(ports) })
