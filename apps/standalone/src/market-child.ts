import { once } from 'node:events'

// Preloaded into the market's process: one whose parent was killed would go on alone, beside the next start's.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))

// What takes time to load is there when the gateway is.
const MARKET = new URL('../../market/src/index.ts', import.meta.url).href
const [[gatewayUrl]] = await Promise.all([once(process, 'message'), import(MARKET)])
process.argv.push('--gateway', String(gatewayUrl))
process.channel?.unref()
