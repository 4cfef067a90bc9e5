import type { PrismaClient } from '../database.ts'
import type { VenueChange } from '../generated/prisma/client.ts'

/** A change as it is kept; values are in the engine's own units. */
export type StoredVenueChange = VenueChange

/** Who changed what of the venue's settings, newest first. `before` is the engine sequence of the change that the page continues behind. */
export function findVenueChanges(
  prisma: PrismaClient,
  before: number | null,
  limit: number,
): Promise<StoredVenueChange[]> {
  return prisma.venueChange.findMany({
    where: before === null ? {} : { engineSequence: { lt: before } },
    orderBy: { engineSequence: 'desc' },
    take: limit,
  })
}
