import diagnostics from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Reading, until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

describe('the gateway', () => {
  const hosts = new Set<string>()
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.on('lookup', (_error, _address, _family, host) => hosts.add(host))
    socket.on('connect', () => hosts.add(socket.remoteAddress ?? 'unknown'))
    socket.on('error', () => hosts.add('failed'))
  }
  afterEach(() => {
    diagnostics.unsubscribe('net.client.socket', watch)
    vi.unstubAllEnvs()
  })

  it('connects to its subgraphs and to nobody else, telemetry or not', async () => {
    vi.stubEnv('APOLLO_TELEMETRY_DISABLED', undefined)
    diagnostics.subscribe('net.client.socket', watch)
    const stage = await Stage.open('over HTTP')
    try {
      await stage.query('{ market(symbol: "A") { forecast } }')
      const reading = new Reading(stage.client(), 'subscription { book(symbol: "A") { market { forecast } } }')
      await until(() => reading.answers.length === 1, 'the snapshot')
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      expect(process.env.APOLLO_TELEMETRY_DISABLED).toBe('true')
      expect([...hosts]).toEqual(['127.0.0.1'])
    } finally {
      await stage.close()
    }
  })

  it('would be seen if it did', async () => {
    diagnostics.subscribe('net.client.socket', watch)
    const socket = connect(9, 'nowhere.invalid')
    await new Promise((resolve) => socket.on('error', resolve))
    expect(hosts).toContain('nowhere.invalid')
  })
})
