import type { Ports } from '@opsource/subgraph'
import { runService } from '@opsource/subgraph/service'
import { type Dash33Config, readConfig } from './config.ts'
import { type Dash33, startDash33 } from './features.ts'
import { awaitLead } from './standby.ts'

/** What is in hand is answered as unknown before the process goes. */
const LAST_ANSWERS_MS = 1_000

/** The exchange as a service of its own; with `--standby` one that waits for the leader's place. */
runService({ domain: 'dash33', readConfig, start })

async function start(ports: Ports, config: Dash33Config): Promise<Dash33> {
  const options = {
    journal: config.DASH33_JOURNAL,
    onFenced: (reason: string) => {
      process.stderr.write(`dash33 ends: ${reason}\n`)
      setTimeout(() => process.exit(1), LAST_ANSWERS_MS)
    },
  }
  if (!config.standby) return startDash33(ports, options)
  const standby = await awaitLead(ports, { ...options, host: config.HOST, port: config.PORT })
  return startDash33(ports, { ...options, standby })
}
