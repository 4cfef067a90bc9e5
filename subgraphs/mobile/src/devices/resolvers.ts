import { fault } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import type { Devices } from './devices.ts'
import { deviceOf, devicesOf } from './store.ts'

export function deviceResolvers(database: Database, devices: Devices): Resolvers {
  return {
    Mutation: {
      registerDevice: async (_root, { input }, { identity }) => {
        if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
        const registered = await devices.register(identity.userId, input)
        if (registered.ok) return { __typename: 'DeviceRegistered', device: registered.value }
        if (registered.error.reason === 'INVALID_INPUT') {
          const { field, message } = registered.error
          return { __typename: 'InvalidInput', code: 'INVALID_INPUT', message, field }
        }
        const { limit } = registered.error
        return {
          __typename: 'TooManyDevices',
          code: 'TOO_MANY_DEVICES',
          message: 'Remove a device before you add another.',
          limit,
        }
      },
      removeDevice: async (_root, { id }, { identity }) => {
        if (!identity) throw fault('UNAUTHENTICATED', 'This needs an access token.')
        if (await devices.remove(identity.userId, id)) return { __typename: 'DeviceRemoved', id }
        return { __typename: 'UnknownDevice', code: 'UNKNOWN_DEVICE', message: 'There is no such device of yours.' }
      },
    },
    User: {
      devices: ({ id }, _args, { identity }) => (identity?.userId === id ? devicesOf(database, id) : null),
    },
    Device: {
      __resolveReference: ({ id }, { identity }) => (identity ? deviceOf(database, identity.userId, id) : null),
      registeredAt: ({ registeredAt }) => registeredAt.toISOString(),
    },
  }
}
