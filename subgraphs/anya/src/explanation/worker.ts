import { ok } from '@opsource/kernel'
import { answerRequests } from '../workers/index.ts'
import { explainerOf } from './explainer.ts'
import type { ExplanationAnswer, ExplanationQuestion } from './protocol.ts'

/** Files that are kept as they were read; some megabytes each. */
const MAX_FILES = 8
const explainers = new Map<number, ReturnType<typeof explainerOf>>()

await answerRequests({
  prepare: async () => null,
  answer({ id, file, row }: ExplanationQuestion): ExplanationAnswer {
    // Text is not decoded from shared memory.
    const explainer = explainers.get(id) ?? explainerOf({ ...file, onnx: file.onnx.slice() })
    // The newest last, so that the first is the one that nobody asked about for longest.
    explainers.delete(id)
    explainers.set(id, explainer)
    const [oldest] = explainers.keys()
    if (explainers.size > MAX_FILES && oldest !== undefined) explainers.delete(oldest)
    return explainer.ok ? ok(explainer.value.explain(row)) : explainer
  },
})
