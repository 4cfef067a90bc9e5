import { Explainers, type Explanation, type OpenedExplainer } from '../explanation/index.ts'
import type { RegistryStore, VersionKey } from '../registry/index.ts'
import type { Forecast } from './forecast.ts'
import { vectorOf } from './vector.ts'

/** Versions whose files are taken apart at a time: those that serve, and some that did. */
const MAX_EXPLAINERS = 16

/** Why a forecast is what it is, by the file of the very version that made it and the very features that it was given. */
export interface ExplainedForecast {
  readonly explanation: Explanation
  readonly row: Float32Array
  /** Names, in the order of the row. */
  readonly features: readonly string[]
}

interface Known {
  readonly explainer: OpenedExplainer
  readonly features: readonly string[]
}

/** Explains forecasts when somebody asks: neither version nor features ever change, so that the answer is always the same. */
export class Explanations {
  readonly #store: Pick<RegistryStore, 'servable' | 'evaluation'>
  readonly #explainers = new Explainers()
  readonly #known = new Map<string, Promise<Known | null>>()

  constructor(store: Pick<RegistryStore, 'servable' | 'evaluation'>) {
    this.#store = store
  }

  /** @returns null where the features were not kept, or the file is gone or cannot be taken apart. */
  async of({ modelName, modelVersion, vector }: Forecast): Promise<ExplainedForecast | null> {
    if (vector === null) return null
    const known = await this.#of({ modelName, version: modelVersion })
    const row = vectorOf(vector)
    if (!known || row.length !== known.features.length) return null
    const all = await known.explainer.explain(row)
    // Of several outputs the probability, as it is what a direction is told by.
    const explanation = all.find(({ scale }) => scale === 'LOG_ODDS') ?? all[0]
    return explanation ? { explanation, row, features: known.features } : null
  }

  close(): Promise<void> {
    return this.#explainers.close()
  }

  #of(key: VersionKey): Promise<Known | null> {
    const name = `${key.modelName} ${key.version}`
    const known = this.#known.get(name) ?? this.#open(key)
    // The newest last, so that the first is the one that nobody asked about for longest.
    this.#known.delete(name)
    this.#known.set(name, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_EXPLAINERS && oldest !== undefined) this.#known.delete(oldest)
    // What could not be read is read again when somebody asks again.
    known.catch(() => this.#known.delete(name))
    return known
  }

  async #open(key: VersionKey): Promise<Known | null> {
    const version = await this.#store.servable(key)
    if (!version) return null
    const { onnx, signature, manifest } = version
    const evaluation = await this.#store.evaluation(key)
    const reference = evaluation?.sample.rows
    const explainer = await this.#explainers.open({ onnx, signature, ...(reference ? { reference } : {}) })
    return explainer.ok ? { explainer: explainer.value, features: manifest.features } : null
  }
}
