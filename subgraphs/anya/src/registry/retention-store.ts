import type { Clock } from '@opsource/kernel'
import type { Database } from '../database.ts'
import { lockModel, UNHURRIED } from './alias-store.ts'
import { MAX_LISTED_VERSIONS } from './store.ts'

/** Versions of a line whose files are kept unless told: those that the graph lists. */
const KEPT_VERSIONS = MAX_LISTED_VERSIONS
/** Refusals of a line, moves of its `challenger`, and moves of its other aliases: as many of each as the 1,000 moves that a roll-back looks at. */
const KEPT_TRANSITIONS = 1_000

/**
 * What a line of models keeps. Files and evaluations of versions beyond the newest are let go, but for rules, for what has an alias, and
 * for what ever served, as that may serve again; what a version was stays for good. The database itself refuses to let go of more.
 */
export class RetentionStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #keptVersions: number

  constructor(database: Database, clock: Clock, keptVersions: number = KEPT_VERSIONS) {
    this.#database = database
    this.#clock = clock
    this.#keptVersions = keptVersions
  }

  /** @returns how many files, and how many entries of the history, were let go. */
  async prune(): Promise<{ files: number; transitions: number }> {
    let files = 0
    for (const { name } of await this.#database.model.findMany({ select: { name: true } }))
      files += await this.#pruneFiles(name)
    return { files, transitions: await this.#pruneTransitions() }
  }

  async #pruneFiles(modelName: string): Promise<number> {
    const whole = await this.#database.modelVersion.count({ where: { modelName, prunedAt: null } })
    if (whole <= this.#keptVersions) return 0
    return this.#database.$transaction(async (tx) => {
      await lockModel(tx, modelName)
      return tx.$executeRaw`
        UPDATE model_version SET onnx = NULL, evaluation = NULL, pruned_at = ${new Date(this.#clock.now())}
        WHERE model_name = ${modelName} AND pruned_at IS NULL AND manifest->>'kind' IS DISTINCT FROM 'RULE'
          AND version <= (SELECT version FROM model_version WHERE model_name = ${modelName} AND pruned_at IS NULL
            ORDER BY version DESC OFFSET ${this.#keptVersions} LIMIT 1)
          AND NOT EXISTS (SELECT FROM model_alias a WHERE a.model_name = ${modelName} AND a.version = model_version.version)
          AND NOT EXISTS (SELECT FROM model_transition t WHERE t.model_name = ${modelName}
            AND t.to_version = model_version.version AND t.alias = 'champion' AND t.action <> 'REFUSED')`
    }, UNHURRIED)
  }

  #pruneTransitions(): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM model_transition WHERE position IN (
        SELECT position FROM (
          SELECT position, row_number() OVER (
            PARTITION BY model_name, CASE WHEN action = 'REFUSED' THEN 'refused' WHEN alias = 'challenger' THEN alias ELSE 'others' END
            ORDER BY position DESC) AS nth
          FROM model_transition WHERE action = 'REFUSED' OR alias <> 'champion') AS numbered
        WHERE nth > ${KEPT_TRANSITIONS})`
  }
}
