/** Why the offline store did not do something. Messages name views, entities and partitions, never paths. */
export type StoreRefusalCode =
  | 'CORRUPT_PARTITION'
  | 'CORRUPT_MANIFEST'
  | 'CORRUPT_SOURCE'
  | 'NO_SOURCE'
  | 'DISK_FULL'
  | 'NOT_ENOUGH_ROWS'
  | 'CANCELLED'
  | 'BUSY'
  /** Another process writes to the folder. */
  | 'LOCKED'
  | 'AWAY'
  | 'FAILED'

export interface StoreRefusal {
  readonly code: StoreRefusalCode
  readonly message: string
}

/** A refusal on its way out of the store. */
export class StoreError extends Error {
  readonly code: StoreRefusalCode

  constructor(code: StoreRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What the operating system and DuckDB say where a disk is full, a quota used up, or a file may not grow. */
const DISK_FULL = /ENOSPC|EDQUOT|EFBIG|no space left|disk quota|file too large|max_temp_directory_size/i

/** Where files lie is nobody's business: operating system and DuckDB say it in quotes or bare. */
const PATHS = /(["'])[^"']*[\\/][^"']*\1|(?:[A-Za-z]:)?(?:[\\/][^\s"':,;]+)+/g

export function refusalOf(error: unknown): StoreRefusal {
  if (error instanceof StoreError) return { code: error.code, message: error.message }
  const text = String(error)
  if (DISK_FULL.test(text)) return { code: 'DISK_FULL', message: 'There is no room left for the features.' }
  const [first = ''] = text.split('\n')
  return { code: 'FAILED', message: first.replaceAll(PATHS, '…') }
}
