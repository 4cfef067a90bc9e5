import { answerRequests } from '../workers/index.ts'
import type { ScanRequest } from './protocol.ts'
import { Talib } from './talib.ts'

const talib = Talib.load()

await answerRequests({
  prepare: async () => void (await talib),
  answer: async ({ columns, from }: ScanRequest) => (await talib).scan(columns, from),
  // After a trap WebAssembly's memory is in no known state.
  isFatal: (error) => error instanceof Error && error.name === 'RuntimeError',
})
