import type { Hits, ScanColumns } from './talib.ts'

/** What the scanner asks of its worker thread: the bars from `from` on, those before it being their past. */
export interface ScanRequest {
  readonly id: number
  readonly columns: ScanColumns
  readonly from: number
}

/** What the worker answers; READY once, when TA-Lib is loaded. */
export type ScanReply =
  | { readonly kind: 'READY' }
  | { readonly kind: 'HITS'; readonly id: number; readonly hits: Hits }
  | { readonly kind: 'FAILED'; readonly id: number; readonly message: string }
