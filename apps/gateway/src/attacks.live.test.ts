import { connect, type Socket } from 'node:net'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from './limits/limits.ts'
import { type Attack, corpus, strike } from './testing/attacks/index.ts'
import { Stage } from './testing/stage.ts'

const AT_ONCE = 8
/** They take some seconds, and on a machine that does three other things a minute. */
const BUSY_MS = 240_000
/** Node looks for late senders once a second; a busy machine later. */
const LATE_BY_MS = 8_000

describe('an attack', () => {
  let stage: Stage
  let pool: Pool
  let slow: SlowSender[]
  let attacks: Attack[]
  beforeAll(async () => {
    stage = await Stage.open('in process')
    pool = new Pool(new URL(stage.gateway.url).origin, { connections: AT_ONCE })
    slow = ['POST /graphql HTTP/1.1\r\nhost: a\r\n', 'GET /', 'GET /graphql HTTP/1.1\r\nx-'].flatMap((bytes) =>
      Array.from({ length: 7 }, () => new SlowSender(stage.gateway.port, bytes)),
    )
    attacks = corpus(stage.issuer)
  })
  afterAll(async () => {
    await pool?.close()
    await stage?.close()
  })

  it(
    'of 2,000 and more is met by its documented answer, and asks no subgraph for anything',
    async () => {
      expect(attacks.length).toBeGreaterThanOrEqual(2_000)
      const asked = stage.analyst.asked
      const waiting = attacks.entries()
      const wrong: string[] = []
      const hand = async () => {
        for (const [number, attack] of waiting) {
          const outcome = await strike(attack, pool, stage.gateway.url)
          if (outcome !== null) wrong.push(`${number}: ${attack.kind}, ${attack.name}: ${outcome}`)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, hand))
      expect(wrong).toEqual([])
      expect(stage.analyst.asked).toBe(asked)
      expect(stage.exchange.placed).toEqual([])
      expect((await stage.query('{ markets { symbol } }')).body).toEqual({
        data: { markets: [{ symbol: 'A' }, { symbol: 'B' }] },
      })
    },
    BUSY_MS,
  )

  it('by senders that never come to an end is over when the time for headers is', async () => {
    const closed = await Promise.all(slow.map((sender) => sender.closed))
    for (const ms of closed) expect(ms).toBeLessThan(limits.headersMs + LATE_BY_MS)
    expect(slow.map(({ heard }) => heard.slice(0, 12))).toEqual(slow.map(() => 'HTTP/1.1 408'))
  })
})

/** Sends a byte of its request now and then. */
class SlowSender {
  heard = ''
  /** After how many milliseconds. */
  readonly closed: Promise<number>
  readonly #socket: Socket

  constructor(port: number, bytes: string) {
    const begun = performance.now()
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.write(bytes)
    const drip = setInterval(() => this.#socket.write('x'), 500)
    this.#socket.on('data', (data) => {
      this.heard += String(data)
    })
    this.#socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      this.#socket.once('close', () => {
        clearInterval(drip)
        resolve(performance.now() - begun)
      }),
    )
  }
}
