import type { Reports, SideCode } from '../book/index.ts'

/** Characters that gather before they are handed on. */
const CHUNK = 65_536

/** The canonical report of the public benchmark: a line for each report, joined by line feeds, none at the end. Quantities of cancels are not told. */
export class ReportText implements Reports {
  readonly #write: (chunk: string) => void
  #text = ''
  #started = false

  constructor(write: (chunk: string) => void) {
    this.#write = write
  }

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

  /** Hands on what is left. */
  end(): void {
    this.#write(this.#text)
    this.#text = ''
  }

  #line(line: string): void {
    this.#text += this.#started ? `\n${line}` : line
    this.#started = true
    if (this.#text.length < CHUNK) return
    this.#write(this.#text)
    this.#text = ''
  }
}
