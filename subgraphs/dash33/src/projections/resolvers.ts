import type { Pool } from 'pg'
import type { Resolvers } from '../generated/graphql.ts'
import { readWatermarks } from './watermarks.ts'

export interface ProjectionServices {
  readonly pool: Pool
  readonly projector: { readonly taken: number }
}

export function projectionResolvers({ pool, projector }: ProjectionServices): Resolvers {
  return {
    Query: {
      projections: async () => {
        const watermarks = await readWatermarks(pool)
        return watermarks.map(({ name, engineSequence, time }) => ({
          name,
          watermark: engineSequence,
          // What was read may be newer than what had been taken when it was asked.
          lag: Math.max(0, projector.taken - engineSequence),
          time: new Date(time).toISOString(),
        }))
      },
    },
  }
}
