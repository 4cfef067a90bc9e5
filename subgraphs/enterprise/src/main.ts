import { runService } from '@opsource/subgraph/service'
import { readConfig } from './config.ts'
import { startEnterprise } from './features.ts'

/** The back office as a service of its own. */
runService({ domain: 'enterprise', readConfig, start: (ports) => startEnterprise(ports), issuesTokens: true })
