import { createHash } from 'node:crypto'
import { BareBook } from '../book/index.ts'
import { play } from './play.ts'
import { ReportText } from './report-text.ts'
import type { Workload } from './workload.ts'

/** SHA-256 of the canonical report, in hex: what engines are compared by. */
export function reportHash(workload: Workload): string {
  const hash = createHash('sha256')
  const text = new ReportText((chunk) => hash.update(chunk))
  play(new BareBook(text), workload)
  text.end()
  return hash.digest('hex')
}
