import { type Clock, err, type IdSource, ok, type Result } from '@opsource/kernel'
import type { Database } from '../database.ts'
import { type DeviceInput, type DeviceRecord, type InputFault, MAX_DEVICES, parseDevice } from './device.ts'
import { countDevices, deleteDevice, deviceAt, insertDevice, lockDevices, renewDevice } from './store.ts'

export type DeviceRefusal =
  | { readonly reason: 'TOO_MANY_DEVICES'; readonly limit: number }
  | ({ readonly reason: 'INVALID_INPUT' } & InputFault)

/** Where a user can be reached. */
export class Devices {
  readonly #database: Database
  readonly #clock: Clock
  readonly #ids: IdSource

  constructor(database: Database, clock: Clock, ids: IdSource) {
    this.#database = database
    this.#clock = clock
    this.#ids = ids
  }

  /** A push token names one installation: known, it is renewed; known of another user, the device has changed hands. */
  async register(userId: string, input: DeviceInput): Promise<Result<DeviceRecord, DeviceRefusal>> {
    const parsed = parseDevice(input)
    if (!parsed.ok) return err({ reason: 'INVALID_INPUT', ...parsed.error })
    const registeredAt = new Date(this.#clock.now())
    return this.#database.$transaction(async (tx) => {
      await lockDevices(tx, userId, parsed.value.pushToken)
      const known = await deviceAt(tx, parsed.value.pushToken)
      if (known?.userId === userId) return ok(await renewDevice(tx, known.id, parsed.value, registeredAt))
      if ((await countDevices(tx, userId)) >= MAX_DEVICES)
        return err({ reason: 'TOO_MANY_DEVICES', limit: MAX_DEVICES })
      if (known) await deleteDevice(tx, known.userId, known.id)
      return ok(await insertDevice(tx, { id: this.#ids.next('dev'), userId, registeredAt, ...parsed.value }))
    })
  }

  /** @returns whether the user had it. */
  remove(userId: string, id: string): Promise<boolean> {
    return deleteDevice(this.#database, userId, id)
  }
}
