import { type AccountRows, HEAD } from './account-rows.ts'
import { IntList } from './int-list.ts'

/** What every account has of every asset, in minor units: `available + held` is all of it. A balance is a cell, the place of its two numbers. */
export class Balances {
  declare readonly assets: number
  /** Everything ever credited, per asset: what accounts and fees add up to. Below 2^53, so that no balance can overflow. */
  declare readonly supply: Float64Array
  declare readonly fees: Float64Array
  /** Cells changed since this was last cleared, some of them more than once. */
  readonly touched = new IntList()
  declare private readonly rows: AccountRows

  constructor(rows: AccountRows, assets: number) {
    this.rows = rows
    this.assets = assets
    this.supply = new Float64Array(assets)
    this.fees = new Float64Array(assets)
  }

  /** At a cell what is available, after it what is held. An account that opens may replace it. */
  get values(): Float64Array {
    return this.rows.numbers
  }

  /** The cells of an account's assets follow each other, two numbers each. */
  cell(account: number, asset: number): number {
    return account * this.rows.width + HEAD + 2 * asset
  }

  accountOf(cell: number): number {
    return Math.floor(cell / this.rows.width)
  }

  assetOf(cell: number): number {
    return ((cell % this.rows.width) - HEAD) / 2
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
    const { values } = this
    values[cell]! -= amount
    values[cell + 1]! += amount
    this.touch(cell)
  }

  /** Of what is held `freed` is not needed any more; `paid` of it leaves the account. */
  pay(cell: number, freed: number, paid: number): void {
    const { values } = this
    values[cell]! += freed - paid
    values[cell + 1]! -= freed
    this.touch(cell)
  }

  touch(cell: number): void {
    if (this.touched.last() !== cell) this.touched.push(cell)
  }
}
