import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultPorts, Fleet } from '../../tools/services/fleet.ts'
import { rabbitMissing, startRabbit } from '../support/rabbitmq.ts'
import { freePort, serversAreRequired } from '../support/server-process.ts'
import { runProgram } from './program.ts'

let squatter: Server
let port: number

beforeEach(async () => {
  port = await freePort()
  squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
})
afterEach(() => new Promise((resolve) => squatter.close(resolve)))

test('five services do not start beside a program that would answer for one of them', async () => {
  const nowhere = 'postgresql://nobody:none@127.0.0.1:1/none'
  const start = Fleet.start({
    databaseUrl: nowhere,
    redisUrl: nowhere,
    rabbitUrl: nowhere,
    ports: { ...defaultPorts, gateway: port },
    tell: () => {},
    onLost: () => {},
  })
  await expect(start).rejects.toThrow(`gateway: port ${port} is in use`)
})

const leftOut = rabbitMissing !== null && !serversAreRequired
const reason = leftOut ? ` (left out: ${rabbitMissing})` : ''
test.skipIf(leftOut)(
  `the gateway as a service says in one line that its port is taken, and fails${reason}`,
  async () => {
    const rabbit = await startRabbit()
    try {
      const environment = { PORT: String(port), RABBITMQ_URL: rabbit.url, LOG_LEVEL: 'silent' }
      const { code, stdout, stderr } = await runProgram('apps/gateway/src/main.ts', [], environment)
      expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`EADDRINUSE`)])
      expect(stderr).toContain(`127.0.0.1:${port}`)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    } finally {
      await rabbit.stop()
    }
  },
)
