import process from 'node:process'
import { RabbitTransport } from '@opsource/bus'
import { pino } from 'pino'

/** `dying-consumer.ts <url> <consumer> <type>`: takes events in hand, says how many, and never lets go. To be killed. */
const [url = '', consumer = '', type = ''] = process.argv.slice(2)
const transport = await RabbitTransport.connect({ url, log: pino({ level: 'silent' }) })
let inHand = 0
await transport.subscribe({ consumer, types: [type] }, (events) => {
  inHand += events.length
  process.stdout.write(`${inHand}\n`)
  return new Promise(() => {})
})
process.stdout.write('subscribed\n')
