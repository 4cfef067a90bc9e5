// What the resolvers of a type get as their parent, where that is not what the schema shows: see `resolver-types.ts`.
import type { DeviceRecord } from './devices/index.ts'
import type { NotificationRecord } from './notifications/index.ts'

/** The rest of a user is enterprise's. */
export interface UserParent {
  readonly id: string
}
export type DeviceParent = DeviceRecord
export type NotificationParent = NotificationRecord
