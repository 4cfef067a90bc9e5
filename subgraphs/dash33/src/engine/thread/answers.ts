import type { Ack } from '../acks.ts'
import type { Segment } from '../journal/batch-format.ts'
import type { Answer } from './outcome-codec.ts'

/** Which of a batch's answers go to whom of this process. */
export function answersTo(origin: number, segments: readonly Segment[], acks: readonly Ack[]): Answer[] {
  const answers: Answer[] = []
  let next = 0
  for (const segment of segments) {
    for (const [i, size] of segment.sizes.entries()) {
      if (segment.origin === origin) answers.push({ id: segment.firstId + i, acks: acks.slice(next, next + size) })
      next += size
    }
  }
  return answers
}
