import { BareBook, type Reports, type SideCode } from '../book/index.ts'
import { play } from './play.ts'
import type { Workload } from './workload.ts'

/** Messages between two chunks of text: some 200 kB, unless one of them sweeps a book of hundreds of thousands. */
const STRIDE = 4_096

/** The canonical report of the public benchmark: a line for each report, joined by line feeds, none at the end. Quantities of cancels are not told. */
class ReportText implements Reports {
  #text = ''
  #separator = ''

  accepted(sequence: number, side: SideCode, id: number, price: number, quantity: number): void {
    this.#line(`0,${sequence},${side},${id},${price},${quantity}`)
  }

  traded(sequence: number, price: number, quantity: number, maker: number, taker: number): void {
    this.#line(`1,${sequence},${price},${quantity},${maker},${taker}`)
  }

  cancelled(sequence: number, side: SideCode, id: number, price: number): void {
    this.#line(`2,${sequence},${side},${id},${price}`)
  }

  modified(sequence: number, side: SideCode, id: number, price: number, quantity: number): void {
    this.#line(`3,${sequence},${side},${id},${price},${quantity}`)
  }

  cancelRejected(sequence: number, id: number): void {
    this.#line(`4,${sequence},${id}`)
  }

  modifyRejected(sequence: number, id: number): void {
    this.#line(`5,${sequence},${id}`)
  }

  /** What was reported since the last time. */
  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  #line(line: string): void {
    this.#text += this.#separator + line
    this.#separator = '\n'
  }
}

/**
 * Plays the workload on an empty book and tells what happens, piece by piece.
 * @throws RangeError where an order comes to rest under the id of another that still does
 */
export function* reportText(workload: Workload): Generator<string> {
  const text = new ReportText()
  const book = new BareBook(text)
  for (let from = 0; from < workload.count; from += STRIDE) {
    play(book, workload, from, Math.min(from + STRIDE, workload.count))
    yield text.take()
  }
}
