import type { ScanColumns } from './talib.ts'

/** What the scanner asks of its worker thread: the bars from `from` on, those before it being their past. */
export interface ScanRequest {
  readonly columns: ScanColumns
  readonly from: number
}
