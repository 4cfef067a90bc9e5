import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { systemClock } from '@opsource/kernel'
import { Pool } from 'undici'
import { corpus, strike } from '../../apps/gateway/src/testing/attacks/index.ts'
import { Issuer } from '../../apps/gateway/src/testing/issuer.ts'

/** Tries the corpus on a gateway, so many a second for so long at each line that it is told; answers what went wrong and what is left. */
const [url = '', perSecond = '100', ms = '1000'] = process.argv.slice(2)
// Attackers have machines of their own: what is measured is what they cost the gateway.
setPriority(19)
const pool = new Pool(new URL(url).origin, { connections: 32 })
// What this issuer signs the gateway does not believe: the answer is the same for all of them.
const attacks = corpus(new Issuer(systemClock))
const every = 1_000 / Number(perSecond)

process.stdout.write('ready\n')
for await (const _ of createInterface({ input: process.stdin })) {
  const wrong: string[] = []
  const struck: Promise<void>[] = []
  const begun = performance.now()
  for (let due = begun; due < begun + Number(ms) && attacks.length > 0; due += every) {
    const early = due - performance.now()
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    const attack = attacks.shift()
    if (!attack) break
    const judge = (outcome: string | null) => void (outcome !== null && wrong.push(`${attack.name}: ${outcome}`))
    struck.push(strike(attack, pool, url).then(judge))
  }
  await Promise.all(struck)
  process.stdout.write(`${JSON.stringify({ wrong, left: attacks.length })}\n`)
}
await pool.close()
