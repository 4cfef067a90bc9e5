import type { PrismaClient } from '../database.ts'
import type { VenueChange } from '../generated/prisma/client.ts'

/** A change as it is kept; values are in the engine's own units. */
export type StoredVenueChange = VenueChange

/** Who changed what of the venue's settings, newest first, or oldest first of those `backward`: behind `below`, ahead of `above`, both engine sequences. */
export function findVenueChanges(
  prisma: PrismaClient,
  range: {
    readonly below: number | null
    readonly above: number | null
    readonly backward: boolean
    readonly limit: number
  },
): Promise<StoredVenueChange[]> {
  const { below, above, backward, limit } = range
  return prisma.venueChange.findMany({
    where: {
      engineSequence: { ...(below === null ? {} : { lt: below }), ...(above === null ? {} : { gt: above }) },
    },
    orderBy: { engineSequence: backward ? 'asc' : 'desc' },
    take: limit,
  })
}
