import type { BareBook, SideCode } from '../book/index.ts'
import { CANCEL, NEW, type Workload } from './workload.ts'

/** Brings the messages to the book, one after the other. */
export function play(book: BareBook, workload: Workload, from = 0, to = workload.count): void {
  const { type, side, immediate, quantity, sequence, id, price } = workload
  for (let i = from; i < to; i++) {
    const kind = type[i]!
    if (kind === NEW)
      book.place(sequence[i]!, id[i]!, side[i]! as SideCode, price[i]!, quantity[i]!, immediate[i] === 1)
    else if (kind === CANCEL) book.cancel(sequence[i]!, id[i]!)
    else book.modify(sequence[i]!, id[i]!, price[i]!, quantity[i]!)
  }
}
