import { ManualClock } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { startMobile } from '../index.ts'

const clock = new ManualClock(1_750_000_000_000)
let database: FreshDatabase
let ports: TestPorts
let mobile: Subgraph
let user = 0
let userId = ''

beforeAll(async () => {
  database = await freshDatabase('mobile')
  ports = testPorts({ databaseUrl: database.url, clock })
  mobile = await startMobile(ports)
})
afterAll(async () => {
  await mobile.stop()
  await Promise.all([ports.transport.close(), ports.cache.close()])
  await database.drop()
})
beforeEach(() => {
  userId = `usr_${++user}`
})

async function ask(query: string, variables: object, who = userId): Promise<ReturnType<typeof JSON.parse>> {
  const token = await ports.token({ userId: who, roles: ['TRADER'] })
  const body = JSON.stringify({ query, variables })
  return JSON.parse(await mobile.execute({ body, headers: { authorization: `Bearer ${token}` } }))
}
const REGISTER = `mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) {
  __typename ... on DeviceRegistered { device { id name platform registeredAt } } ... on Refusal { code }
  ... on InvalidInput { field } ... on TooManyDevices { limit } } }`
const REMOVE = `mutation ($id: ID!) { removeDevice(id: $id) { ... on DeviceRemoved { id } ... on Refusal { code } } }`
const register = async (pushToken: string, who = userId, name = 'My phone') =>
  (await ask(REGISTER, { input: { name, platform: 'IOS', pushToken } }, who)).data.registerDevice
const devices = async (who = userId) => {
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { devices { id name } } } }'
  return (await ask(query, { r: [{ __typename: 'User', id: who }] }, who)).data._entities[0].devices
}

describe('a device', () => {
  it('is registered, renewed under its push token, and removed', async () => {
    const { device } = await register('token-a')
    expect(device).toMatchObject({
      name: 'My phone',
      platform: 'IOS',
      registeredAt: new Date(clock.now()).toISOString(),
    })
    clock.advance(1_000)
    const renewed = (await register('token-a', userId, 'My old phone')).device
    expect(renewed).toMatchObject({
      id: device.id,
      name: 'My old phone',
      registeredAt: new Date(clock.now()).toISOString(),
    })
    expect(await devices()).toEqual([{ id: device.id, name: 'My old phone' }])
    expect((await ask(REMOVE, { id: device.id })).data.removeDevice).toEqual({ id: device.id })
    expect((await ask(REMOVE, { id: device.id })).data.removeDevice.code).toBe('UNKNOWN_DEVICE')
    expect(await devices()).toEqual([])
  })

  it('that changes hands leaves its first owner', async () => {
    const { device } = await register('token-b', 'usr_first')
    const taken = (await register('token-b', 'usr_second')).device
    expect(taken.id).not.toBe(device.id)
    expect([await devices('usr_first'), await devices('usr_second')]).toEqual([
      [],
      [{ id: taken.id, name: 'My phone' }],
    ])
  })

  it('is one of at most twenty, however many are registered at once', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => register(`token-${userId}-${i}`)))
    expect(answers.filter(({ device }) => device)).toHaveLength(20)
    expect(answers.find(({ code }) => code)).toEqual({
      __typename: 'TooManyDevices',
      code: 'TOO_MANY_DEVICES',
      limit: 20,
    })
    expect(await devices()).toHaveLength(20)
  })

  it('is one, where the same is registered many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(`same-${userId}`)))
    expect(new Set(answers.map(({ device }) => device.id)).size).toBe(1)
  })

  it('is refused with the argument that is wrong', async () => {
    expect(await register('two words')).toMatchObject({ code: 'INVALID_INPUT', field: 'input.pushToken' })
    expect(await register('token', userId, ' ')).toMatchObject({ code: 'INVALID_INPUT', field: 'input.name' })
  })

  it.each(['', '\u0000', 'dev_\u0000', 'x'.repeat(100_000)])('is unknown under the id %#', async (id) => {
    expect((await ask(REMOVE, { id })).data.removeDevice.code).toBe('UNKNOWN_DEVICE')
    const mark = 'mutation ($id: ID!) { markNotificationsRead(upTo: $id) { ... on Refusal { code } } }'
    expect((await ask(mark, { id })).data.markNotificationsRead.code).toBe('UNKNOWN_NOTIFICATION')
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Device { id } ... on Notification { id } } }`
    const r = ['Device', 'Notification'].map((__typename) => ({ __typename, id }))
    expect(await ask(query, { r })).toEqual({ data: { _entities: [null, null] } })
  })

  it('is removed and read by its owner only', async () => {
    const { device } = await register(`mine-${userId}`)
    expect((await ask(REMOVE, { id: device.id }, 'usr_stranger')).data.removeDevice.code).toBe('UNKNOWN_DEVICE')
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Device { name } } }'
    const r = [{ __typename: 'Device', id: device.id }]
    expect((await ask(query, { r })).data._entities).toEqual([{ name: 'My phone' }])
    expect((await ask(query, { r }, 'usr_stranger')).data._entities).toEqual([null])
  })
})
