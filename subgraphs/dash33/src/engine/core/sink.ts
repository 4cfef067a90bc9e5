/**
 * What the core tells while it works: orders by their slots, accounts, assets and markets by their numbers. A slot's columns may be read until the
 * command has ended, also those of an order that has closed.
 */
export interface Sink {
  accepted(slot: number): void
  /** @param lastPrice what met its stop price; 0 for an exit that its entry set free */
  triggered(slot: number, lastPrice: number): void
  amended(slot: number, bySelfTrade: boolean, keptPriority: boolean): void
  /** Both orders are already as the trade leaves them. */
  trade(
    maker: number,
    taker: number,
    price: number,
    quantity: number,
    makerFee: number,
    takerFee: number,
    makerBps: number,
    takerBps: number,
    auction: boolean,
  ): void
  /** What has not traded of it never will. */
  cancelled(slot: number, reason: number): void
  /** Follows the event that closed it: the last chance to read it. */
  closed(slot: number): void
  /** What is held for it has changed. */
  held(slot: number): void
  statusSet(market: number, reason: number): void
  /** @param price 0 where nothing crossed */
  uncrossed(market: number, price: number, quantity: number): void
  /** @param at 0: disarmed */
  cancelAllAfter(account: number, at: number): void
}

/** For who only wants the answers. */
export const SILENT: Sink = {
  accepted() {},
  triggered() {},
  amended() {},
  trade() {},
  cancelled() {},
  closed() {},
  held() {},
  statusSet() {},
  uncrossed() {},
  cancelAllAfter() {},
}
