import { connect } from 'node:net'
import type { Pool } from 'undici'
import WebSocket from 'ws'
import type { Attack, HttpAttack, RawAttack, SocketAttack } from './attack.ts'

/** Longer than any documented answer takes, on a busy machine too. */
const PATIENCE_MS = 30_000
/** No answer to an attack is worth more than this. */
const MOST_ANSWERED_BYTES = 64 * 1024

/** What is wrong with the answer to an attack; null where it is the documented one. */
export type Outcome = string | null

/** Carries out one attack on a gateway. */
export function strike(attack: Attack, pool: Pool, url: string): Promise<Outcome> {
  if (attack.kind === 'HTTP') return overHttp(attack, pool, url)
  return attack.kind === 'SOCKET' ? overSocket(attack, url) : overConnection(attack, url)
}

async function overHttp(attack: HttpAttack, pool: Pool, url: string): Promise<Outcome> {
  const { method = 'POST', search = '', headers, body } = attack
  const path = `${new URL(url).pathname}${search}`
  const answer = await pool.request({
    method,
    path,
    ...(headers ? { headers } : {}),
    ...(body === undefined ? {} : { body }),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== attack.status) return `answered ${answer.statusCode}: ${text.slice(0, 200)}`
  if (text.length > MOST_ANSWERED_BYTES) return `answered ${text.length} bytes`
  return attack.code === null || codesIn(text).includes(attack.code) ? null : `answered ${text.slice(0, 200)}`
}

function codesIn(text: string): unknown[] {
  try {
    const { errors = [] } = JSON.parse(text) as { errors?: { extensions?: { code?: unknown } }[] }
    return errors.map(({ extensions }) => extensions?.code)
  } catch {
    return []
  }
}

function overSocket({ greets, messages, closed, code }: SocketAttack, url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
    const finish = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
      socket.terminate()
    }
    const timer = setTimeout(() => finish('no answer'), PATIENCE_MS)
    const send = () => {
      for (const message of messages) socket.send(message)
    }
    socket.on('open', () => (greets ? socket.send('{"type":"connection_init"}') : send()))
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data)) as { type: string; payload?: unknown }
      if (type === 'connection_ack') return send()
      if (type !== 'error' && type !== 'next') return
      const text = JSON.stringify(type === 'error' ? { errors: payload } : payload)
      if (closed === null) finish(codesIn(text).includes(code) ? null : `answered ${text.slice(0, 200)}`)
    })
    socket.on('close', (given, reason) => finish(given === closed ? null : `closed with ${given} ${reason}`))
  })
}

function overConnection({ bytes, answer, never }: RawAttack, url: string): Promise<Outcome> {
  const { port, hostname } = new URL(url)
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(Number(port), hostname)
    const finish = (why: Outcome) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(why)
    }
    const judge = () => {
      if (!answer.test(heard)) return finish(`answered ${JSON.stringify(heard.slice(0, 200))}`)
      finish(never?.test(heard) ? `let through ${JSON.stringify(heard.slice(0, 400))}` : null)
    }
    const timer = setTimeout(() => finish(`not closed; answered ${JSON.stringify(heard.slice(0, 200))}`), PATIENCE_MS)
    socket.on('connect', () => socket.write(bytes, 'latin1'))
    socket.on('data', (data) => {
      heard += data.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', judge)
  })
}
