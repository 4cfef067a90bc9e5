import type { InferenceEngine } from '../inference/index.ts'
import { CHAMPION, loadVersion, type ModelRegistry, type ServableVersion, type Serving } from '../registry/index.ts'
import type { HourlyLine } from './lines.ts'
import { type HourlyRules, ruleFile } from './rules.ts'

/** An hour's forecast is in no hurry. */
const DEADLINE_MS = 20_000
const REASON = 'the baseline, as a version of its own'

export interface LineParts {
  readonly registry: ModelRegistry
  readonly engine: Pick<InferenceEngine, 'load' | 'unload'>
}

/** What a version of a line said of a row. */
export interface LineAnswer {
  readonly version: ServableVersion
  readonly answer: Float32Array
}

/**
 * Registers the line's rule, where it is new. It serves where nothing does: before a model passed the gate, and where what serves is
 * another rule, or takes other features than this release computes.
 */
export async function openHourlyLine({ registry }: LineParts, line: HourlyLine, rules: HourlyRules): Promise<void> {
  const { onnx, manifest } = ruleFile(rules, line)
  const signature = {
    input: { name: 'features', tail: [line.features.length] },
    output: { name: 'probability', tail: [line.outputs.length] },
  }
  const { version } = await registry.store.register(onnx, manifest, { reason: REASON, signature })
  const { modelName } = line
  const champion = await registry.champion(modelName)
  const isServing = champion && (champion.version === version || champion.manifest.kind !== 'RULE')
  if (isServing && registry.misfit(champion) === null) return
  await registry.installRule({ modelName, version }, champion?.version ?? null, 'serves until a model beats it')
}

/**
 * Asks the champion, in a thread that is loaded for it: an hour's forecast would otherwise keep one for nothing. Where the champion cannot
 * be loaded or does not answer, what served before it is asked, and the rule at last.
 * @param refused is told of each version that did not answer.
 */
export async function askLine(
  { registry, engine }: LineParts,
  { modelName }: HourlyLine,
  row: Float32Array,
  refused: (version: number, reason: string) => void,
): Promise<LineAnswer | null> {
  const champion = (await registry.aliases.of([modelName])).find(({ alias }) => alias === CHAMPION)
  if (!champion) return null
  for (const version of [champion.version, ...(await registry.fallbacks(modelName, champion.version))]) {
    const serving = await loadVersion({ registry, engine }, { modelName, version })
    const answer = typeof serving === 'string' ? serving : await run(engine, serving, row)
    if (typeof serving !== 'string' && typeof answer !== 'string') return { version: serving.model, answer }
    refused(version, String(answer))
  }
  return null
}

/** Lets the version go. @returns why there is no answer, where there is none. */
async function run(
  engine: LineParts['engine'],
  { runner }: Serving,
  row: Float32Array,
): Promise<Float32Array | string> {
  try {
    const answer = await runner.run(row, { deadlineMs: DEADLINE_MS })
    return answer.ok ? answer.value : answer.error.kind
  } finally {
    await engine.unload(runner)
  }
}
