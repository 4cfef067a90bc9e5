import type { ClientBase } from 'pg'
import type { Database } from '../database.ts'
import type { NotificationRecord } from './notification.ts'

export type RecipientKind = 'PERSON' | 'SERVICE' | 'UNANNOUNCED'

/** Programs hear nothing of their fills here: they read the order itself. */
export async function announceRecipient(client: ClientBase, userId: string, kind: 'PERSON' | 'SERVICE'): Promise<void> {
  await client.query(
    `INSERT INTO recipient (user_id, kind, last_sequence) VALUES ($1, $2::recipient_kind, 0)
     ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind`,
    [userId, kind],
  )
  if (kind === 'SERVICE') await client.query('DELETE FROM notification WHERE user_id = $1', [userId])
}

/** @returns those of the users who are programs. */
export async function servicesAmong(client: ClientBase, userIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await client.query<{ user_id: string }>(
    `SELECT user_id FROM recipient WHERE user_id = ANY($1) AND kind = 'SERVICE'`,
    [userIds],
  )
  return new Set(rows.map((row) => row.user_id))
}

/**
 * Locks the users' counters until the transaction ends, in one order for everyone, and makes those that are missing.
 * @returns each user's newest sequence number.
 */
export async function lockCounters(client: ClientBase, userIds: readonly string[]): Promise<Map<string, bigint>> {
  await client.query(
    `INSERT INTO recipient (user_id, kind, last_sequence) SELECT u, 'UNANNOUNCED', 0 FROM unnest($1::text[]) AS u ORDER BY u
     ON CONFLICT (user_id) DO NOTHING`,
    [userIds],
  )
  const { rows } = await client.query<{ user_id: string; last_sequence: string }>(
    'SELECT user_id, last_sequence FROM recipient WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE',
    [userIds],
  )
  return new Map(rows.map((row) => [row.user_id, BigInt(row.last_sequence)]))
}

/** Writes notifications whose numbers follow on the locked counters, raises the counters, and drops what exceeds `kept`. */
export async function appendNotifications(
  client: ClientBase,
  notifications: readonly NotificationRecord[],
  counters: ReadonlyMap<string, bigint>,
  kept: number,
): Promise<void> {
  await client.query(
    `INSERT INTO notification (user_id, sequence, id, order_id, anomaly_id, symbol, title, body, created_at)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::timestamptz[])`,
    [
      notifications.map((each) => each.userId),
      notifications.map((each) => String(each.sequence)),
      notifications.map((each) => each.id),
      notifications.map((each) => each.orderId),
      notifications.map((each) => each.anomalyId),
      notifications.map((each) => each.symbol),
      notifications.map((each) => each.title),
      notifications.map((each) => each.body),
      notifications.map((each) => each.createdAt.toISOString()),
    ],
  )
  await client.query(
    `WITH newest AS (
       SELECT * FROM unnest($1::text[], $2::bigint[]) AS n(user_id, sequence)
     ), raised AS (
       UPDATE recipient r SET last_sequence = n.sequence FROM newest n WHERE r.user_id = n.user_id
     )
     DELETE FROM notification o USING newest n WHERE o.user_id = n.user_id AND o.sequence <= n.sequence - $3`,
    [[...counters.keys()], [...counters.values()].map(String), kept],
  )
}

/** @returns the number of the user's newest notification; 0 before the first. */
export async function lastSequence(database: Database, userId: string): Promise<bigint> {
  const recipient = await database.recipient.findUnique({ where: { userId }, select: { lastSequence: true } })
  return recipient?.lastSequence ?? 0n
}

/** @returns up to `limit` notifications before `before`, newest first. */
export function notificationsBefore(
  database: Database,
  userId: string,
  limit: number,
  before: bigint | null,
): Promise<NotificationRecord[]> {
  return database.notification.findMany({
    where: { userId, ...(before === null ? {} : { sequence: { lt: before } }) },
    orderBy: { sequence: 'desc' },
    take: limit,
  })
}

/** @returns up to `limit` notifications after `after`, oldest first. */
export function notificationsAfter(
  database: Database,
  userId: string,
  limit: number,
  after: bigint,
): Promise<NotificationRecord[]> {
  return database.notification.findMany({
    where: { userId, sequence: { gt: after } },
    orderBy: { sequence: 'asc' },
    take: limit,
  })
}

/** @returns null for what is no id before PostgreSQL, which takes no NUL, is asked. */
export async function notificationOf(
  database: Database,
  userId: string,
  id: string,
): Promise<NotificationRecord | null> {
  return /^ntf_[0-9a-z]{1,64}$/.test(id) ? database.notification.findFirst({ where: { id, userId } }) : null
}

/** @returns how many were unread until now. */
export async function markRead(database: Database, userId: string, upTo: bigint, readAt: Date): Promise<number> {
  const { count } = await database.notification.updateMany({
    where: { userId, sequence: { lte: upTo }, readAt: null },
    data: { readAt },
  })
  return count
}
