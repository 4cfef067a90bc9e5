/** Whole numbers in a row that grows and is emptied without garbage. */
export class IntList {
  length = 0
  private items = new Int32Array(64)

  push(item: number): void {
    if (this.length === this.items.length) {
      const items = new Int32Array(this.length * 2)
      items.set(this.items)
      this.items = items
    }
    this.items[this.length++] = item
  }

  at(index: number): number {
    return this.items[index]!
  }

  /** The last item, or -1 where there is none. */
  last(): number {
    return this.length === 0 ? -1 : this.items[this.length - 1]!
  }

  clear(): void {
    this.length = 0
  }
}
