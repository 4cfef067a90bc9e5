import { createHash } from 'node:crypto'
import { reportText } from './report-text.ts'
import type { Workload } from './workload.ts'

/** SHA-256 of the canonical report, in hex: what the public benchmark compares engines by. */
export function reportHash(workload: Workload): string {
  const hash = createHash('sha256')
  for (const chunk of reportText(workload)) hash.update(chunk)
  return hash.digest('hex')
}
