import type { Ports } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Openings, ReadYourWrites } from './accounts/index.ts'
import type { EngineClient } from './engine/client.ts'
import type { EngineBatch } from './engine/events.ts'
import { FillLog, storedFills } from './fills/index.ts'
import { DisconnectGuards, OrderLog } from './order-updates/index.ts'
import { KeyWindow, OrderDesk, StoredOrders } from './orders/index.ts'

/** Where orders are taken, and what happens to them afterwards is told to their owners. */
export interface OrderServices {
  readonly desk: OrderDesk
  readonly orderLog: OrderLog
  readonly fillLog: FillLog
  readonly guards: DisconnectGuards
  close(): Promise<void>
}

/** What every account's owner hears of its orders, from the engine's first batch on. */
export class OrderStreams {
  readonly orderLog: OrderLog
  readonly fillLog: FillLog
  readonly window = new KeyWindow()
  readonly reached: (engineSequence: number) => Promise<void>

  /** @param sequence the last command that is stored: every batch behind it is taken. */
  constructor(options: {
    readonly pool: Pool
    readonly sequence: number
    readonly reached: (engineSequence: number) => Promise<void>
    readonly clock: Ports['clock']
  }) {
    this.reached = options.reached
    this.orderLog = new OrderLog(options.sequence)
    this.fillLog = new FillLog(storedFills(options.pool, options.reached, options.clock), options.sequence)
  }

  take(batch: EngineBatch): void {
    this.window.take(batch)
    this.orderLog.take(batch)
    this.fillLog.take(batch)
  }

  projected(sequence: number): void {
    this.window.stored(sequence)
  }
}

export function openOrderServices(options: {
  readonly engine: Pick<EngineClient, 'submit'>
  readonly streams: OrderStreams
  readonly openings: Openings
  readonly writes: ReadYourWrites
  /** To read from. */
  readonly pool: Pool
  readonly ports: Ports
  readonly log: Logger
}): OrderServices {
  const { engine, streams, openings, writes, pool, ports, log } = options
  const { orderLog, fillLog } = streams
  const { window, reached } = streams
  const earlier = new StoredOrders({ pool, log, window, reached })
  void earlier.start()
  const guards = new DisconnectGuards({ engine, openings, clock: ports.clock, log })
  const desk = new OrderDesk({
    engine,
    openings,
    earlier,
    storedSymbolOf: (accountId, name) => earlier.symbolOf(accountId, name),
    onAcked: (accountId, sequence) => writes.wrote(accountId, sequence),
  })
  const close = async () => {
    earlier.stop()
    orderLog.close()
    fillLog.close()
    await guards.close()
  }
  return { desk, orderLog, fillLog, guards, close }
}
