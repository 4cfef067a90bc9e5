import { IntList } from './int-list.ts'

/** What every account has of every asset, in minor units: `available + held` is all of it. A balance is a cell, the place of its two numbers. */
export class Balances {
  readonly assets: number
  /** At a cell what is available, after it what is held. */
  values: Float64Array
  /** Everything ever credited, per asset: what accounts and fees add up to. Below 2^53, so that no balance can overflow. */
  readonly supply: Float64Array
  readonly fees: Float64Array
  /** Cells changed since this was last cleared, some of them more than once. */
  readonly touched = new IntList()

  constructor(assets: number) {
    this.assets = assets
    this.values = new Float64Array(2 * assets * 64)
    this.supply = new Float64Array(assets)
    this.fees = new Float64Array(assets)
  }

  cell(account: number, asset: number): number {
    return 2 * (account * this.assets + asset)
  }

  accountOf(cell: number): number {
    return Math.floor(cell / 2 / this.assets)
  }

  assetOf(cell: number): number {
    return (cell / 2) % this.assets
  }

  available(account: number, asset: number): number {
    return this.values[this.cell(account, asset)]!
  }

  held(account: number, asset: number): number {
    return this.values[this.cell(account, asset) + 1]!
  }

  add(cell: number, amount: number): void {
    this.values[cell]! += amount
    this.touch(cell)
  }

  hold(cell: number, amount: number): void {
    this.values[cell]! -= amount
    this.values[cell + 1]! += amount
    this.touch(cell)
  }

  /** Of what is held `freed` is not needed any more; `paid` of it leaves the account. */
  pay(cell: number, freed: number, paid: number): void {
    this.values[cell]! += freed - paid
    this.values[cell + 1]! -= freed
    this.touch(cell)
  }

  touch(cell: number): void {
    if (this.touched.last() !== cell) this.touched.push(cell)
  }

  /** Makes room for accounts below `capacity`. */
  grow(capacity: number): void {
    const values = new Float64Array(2 * this.assets * capacity)
    values.set(this.values)
    this.values = values
  }
}
