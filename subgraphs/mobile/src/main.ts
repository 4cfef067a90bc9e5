import { runService } from '@opsource/subgraph/service'
import { readConfig } from './config.ts'
import { startMobile } from './features.ts'

/** The pocket as a service of its own. */
runService({ domain: 'mobile', readConfig, start: (ports) => startMobile(ports) })
