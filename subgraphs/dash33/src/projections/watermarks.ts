import type { ClientBase, Pool } from 'pg'

/** How far a projection has come. */
export interface Watermark {
  readonly name: string
  /** It holds exactly the engine's commands up to here. */
  readonly engineSequence: number
  /** Engine time of that command, milliseconds since the Unix epoch. */
  readonly time: number
}

const READ = 'SELECT name, engine_sequence, time FROM watermark ORDER BY name'
const MOVE = 'UPDATE watermark SET engine_sequence = $1, time = $2 WHERE engine_sequence < $1'

/** @returns every projection's watermark, by name. */
export function readWatermarks(database: Pool | ClientBase): Promise<Watermark[]> {
  return read(database, READ)
}

/** The same, and nobody else moves them until the transaction ends. */
export function lockWatermarks(client: ClientBase): Promise<Watermark[]> {
  return read(client, `${READ} FOR UPDATE`)
}

/** Moves those that are behind to where all of them are now. */
export async function moveWatermarks(client: ClientBase, engineSequence: number, time: number): Promise<void> {
  await client.query({ name: 'move watermarks', text: MOVE, values: [engineSequence, new Date(time)] })
}

/** @returns the last command that every projection contains. @throws where there is none at all. */
export function lowest(watermarks: readonly Watermark[]): number {
  if (watermarks.length === 0) throw new Error('the projections have no watermark')
  return Math.min(...watermarks.map(({ engineSequence }) => engineSequence))
}

async function read(database: Pool | ClientBase, text: string): Promise<Watermark[]> {
  const { rows } = await database.query<{ name: string; engine_sequence: string; time: Date }>(text)
  return rows.map((row) => ({
    name: row.name,
    engineSequence: Number(row.engine_sequence),
    time: row.time.getTime(),
  }))
}
