import type { Database, Transaction } from '../database.ts'
import type { DeviceInput, DeviceRecord } from './device.ts'

/** What could be an id of ours. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
const isId = (text: string) => /^dev_[0-9a-z]{1,64}$/.test(text)

const visible = { id: true, userId: true, name: true, platform: true, registeredAt: true } as const

/** One change at a time of one address and of one user's devices, so that neither is doubled and the limit holds. */
export async function lockDevices(tx: Transaction, userId: string, pushToken: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('mobile.push-token'), hashtext(${pushToken}))`
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('mobile.devices'), hashtext(${userId}))`
}

export function devicesOf(database: Database, userId: string): Promise<DeviceRecord[]> {
  return database.device.findMany({ where: { userId }, orderBy: { id: 'asc' }, select: visible })
}

export async function deviceOf(database: Database, userId: string, id: string): Promise<DeviceRecord | null> {
  return isId(id) ? database.device.findFirst({ where: { id, userId }, select: visible }) : null
}

export function deviceAt(tx: Transaction, pushToken: string): Promise<DeviceRecord | null> {
  return tx.device.findUnique({ where: { pushToken }, select: visible })
}

export function countDevices(tx: Transaction, userId: string): Promise<number> {
  return tx.device.count({ where: { userId } })
}

export function insertDevice(tx: Transaction, device: DeviceRecord & { pushToken: string }): Promise<DeviceRecord> {
  return tx.device.create({ data: device, select: visible })
}

export function renewDevice(
  tx: Transaction,
  id: string,
  { name, platform }: DeviceInput,
  registeredAt: Date,
): Promise<DeviceRecord> {
  return tx.device.update({ where: { id }, data: { name, platform, registeredAt }, select: visible })
}

/** @returns whether the user had it. */
export async function deleteDevice(database: Transaction, userId: string, id: string): Promise<boolean> {
  return isId(id) && (await database.device.deleteMany({ where: { id, userId } })).count > 0
}
