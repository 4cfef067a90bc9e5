import type { Cache } from '@opsource/cache'
import { wakeChannel } from './notification.ts'

/** Tells the feeds of these users, in whichever instance they are, that there is something to read. */
export async function wakeReaders(cache: Cache, userIds: readonly string[]): Promise<void> {
  await Promise.all(userIds.map((userId) => cache.publish(wakeChannel(userId), '')))
}
