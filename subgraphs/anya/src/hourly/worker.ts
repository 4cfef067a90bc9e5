import { barFeatureTable } from '../bar-features/index.ts'
import { LONGEST_MEMORY, problemOf } from '../evaluation/variance-models.ts'
import { loadHourlyBars } from '../training/hourly-bars.ts'
import { answerRequests } from '../workers/index.ts'
import { newestInput } from './input.ts'
import type { HourlyAnswer, HourlyQuestion } from './protocol.ts'
import { fitRules } from './rules.ts'

async function answerReference(dataDirectory: string): Promise<HourlyAnswer> {
  const { bars, trainedOn } = await loadHourlyBars(dataDirectory, Number.MAX_SAFE_INTEGER)
  const known = Int32Array.from({ length: bars.size - LONGEST_MEMORY }, (_, i) => LONGEST_MEMORY + i)
  const [table, problem] = [barFeatureTable(bars), problemOf(bars, known)]
  const rules = fitRules({ bars, table, problem }, trainedOn)
  return { kind: 'REFERENCE', input: newestInput(bars, { table, inputs: problem.rows }), rules }
}

await answerRequests({
  prepare: async () => {},
  answer: async (question: HourlyQuestion): Promise<HourlyAnswer> =>
    question.kind === 'REFERENCE'
      ? answerReference(question.dataDirectory)
      : { kind: 'MARKET', input: newestInput(question.bars) },
})
