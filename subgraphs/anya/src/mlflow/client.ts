import { z } from 'zod'

/** A model and its manifest are small; what takes longer than this hangs. */
const TIMEOUT_MS = 30_000
/** The largest file that is taken from a server. */
const MAX_ARTIFACT_BYTES = 64 * 1024 * 1024
/** MLflow's own limit on one batch of metrics, parameters and tags. */
const MAX_BATCH = 100
const API = 'api/2.0/mlflow'
const ARTIFACTS = 'api/2.0/mlflow-artifacts/artifacts'

export interface MlflowServer {
  /** Such as `http://mlflow.internal:5000`. */
  readonly url: string
  /** Sent as a bearer token. */
  readonly token?: string
}

/** The server answered with an error, or with what is no answer; `code` is MLflow's error code, or the HTTP status. */
export class MlflowError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const entrySchema = z.object({ key: z.string(), value: z.string().default('') })
const metricSchema = z.object({ key: z.string(), value: z.number() })

const versionSchema = z.object({
  name: z.string(),
  version: z.string(),
  source: z.string().default(''),
  /** `READY`, or that it is, or was not, registered there. */
  status: z.string().default('READY'),
  run_id: z.string().default(''),
  description: z.string().default(''),
  tags: z.array(entrySchema).default([]),
})
const runSchema = z.object({
  info: z.object({ run_id: z.string(), artifact_uri: z.string() }),
  data: z
    .object({
      params: z.array(entrySchema).default([]),
      metrics: z.array(metricSchema).default([]),
      tags: z.array(entrySchema).default([]),
    })
    .default({ params: [], metrics: [], tags: [] }),
})

export type MlflowVersion = z.infer<typeof versionSchema>
export type MlflowRun = z.infer<typeof runSchema>
export interface Entry {
  readonly key: string
  readonly value: string
}

/** MLflow's REST API (https://mlflow.org/docs/latest/rest-api.html) with its artifact proxy, as far as models need it. */
export class MlflowClient {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, token }: MlflowServer) {
    this.#base = url.replace(/\/*$/, '/')
    this.#headers = token ? { authorization: `Bearer ${token}` } : {}
  }

  /** @returns the id of the experiment of that name, made where there is none. */
  async experiment(name: string): Promise<string> {
    const found = z.object({ experiment: z.object({ experiment_id: z.string() }) })
    try {
      return (await this.#get('experiments/get-by-name', { experiment_name: name }, found)).experiment.experiment_id
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    return (await this.#post('experiments/create', { name }, z.object({ experiment_id: z.string() }))).experiment_id
  }

  async createRun(experimentId: string, name: string, startTime: number): Promise<MlflowRun> {
    const body = { experiment_id: experimentId, run_name: name, start_time: startTime, tags: [] }
    return (await this.#post('runs/create', body, z.object({ run: runSchema }))).run
  }

  async run(id: string): Promise<MlflowRun> {
    return (await this.#get('runs/get', { run_id: id }, z.object({ run: runSchema }))).run
  }

  async logBatch(
    runId: string,
    { params, metrics, tags }: { params: readonly Entry[]; metrics: readonly Metric[]; tags: readonly Entry[] },
    timestamp: number,
  ): Promise<void> {
    const rows = metrics.map((metric) => ({ ...metric, timestamp, step: 0 }))
    const size = Math.max(params.length, rows.length, tags.length)
    for (let from = 0; from < size; from += MAX_BATCH) {
      const part = <T>(entries: readonly T[]) => entries.slice(from, from + MAX_BATCH)
      const body = { run_id: runId, params: part(params), metrics: part(rows), tags: part(tags) }
      await this.#post('runs/log-batch', body, z.object({}))
    }
  }

  async endRun(runId: string, status: 'FINISHED' | 'FAILED', endTime: number): Promise<void> {
    await this.#post('runs/update', { run_id: runId, status, end_time: endTime }, z.object({}))
  }

  /** Makes the registered model where there is none. */
  async ensureModel(name: string): Promise<void> {
    try {
      await this.#post('registered-models/create', { name }, z.object({}))
    } catch (error) {
      if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error
    }
  }

  async createVersion(body: {
    readonly name: string
    readonly source: string
    readonly run_id: string
    readonly description: string
    readonly tags: readonly Entry[]
  }): Promise<MlflowVersion> {
    return (await this.#post('model-versions/create', body, z.object({ model_version: versionSchema }))).model_version
  }

  async version(name: string, version: string): Promise<MlflowVersion> {
    const answer = z.object({ model_version: versionSchema })
    return (await this.#get('model-versions/get', { name, version }, answer)).model_version
  }

  async versionByAlias(name: string, alias: string): Promise<MlflowVersion> {
    const answer = z.object({ model_version: versionSchema })
    return (await this.#get('registered-models/alias', { name, alias }, answer)).model_version
  }

  /** @returns the versions of a model that carry the tag. */
  async versionsTagged(name: string, { key, value }: Entry): Promise<MlflowVersion[]> {
    const filter = `name='${name}' and tags.\`${key}\`='${value}'`
    const answer = z.object({ model_versions: z.array(versionSchema).default([]) })
    return (await this.#get('model-versions/search', { filter, max_results: '10' }, answer)).model_versions
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#post('registered-models/alias', { name, alias, version }, z.object({}))
  }

  /** @param uri of a folder that the server's artifact proxy serves. */
  async putArtifact(uri: string, file: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#send(this.#artifact(uri, file), { method: 'PUT', body: content })
  }

  /** @returns null where there is no such file. */
  async artifact(uri: string, file: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const response = await this.#send(this.#artifact(uri, file), { method: 'GET' })
      return await readBytes(response).catch(unreachable)
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  /** `mlflow-artifacts:/1/run/artifacts/model` is a path below the proxy's. */
  #artifact(uri: string, file: string): string {
    const parsed = URL.parse(uri)
    if (parsed?.protocol !== 'mlflow-artifacts:')
      throw new MlflowError('UNREACHABLE_ARTIFACTS', `${uri} does not lie behind the server's artifact proxy`)
    const folder = parsed.pathname.split('/').filter((part) => part !== '')
    return `${ARTIFACTS}/${[...folder, ...file.split('/')].map(encodeURIComponent).join('/')}`
  }

  async #get<T>(path: string, query: Record<string, string>, schema: z.ZodType<T>): Promise<T> {
    return parse(await this.#send(`${API}/${path}?${new URLSearchParams(query)}`, { method: 'GET' }), schema)
  }

  async #post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    return parse(await this.#send(`${API}/${path}`, { method: 'POST', body: JSON.stringify(body), headers }), schema)
  }

  async #send(path: string, request: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...request.headers }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const sent = fetch(new URL(path, this.#base), { ...request, headers, signal, redirect: 'error' })
    const response = await sent.catch(unreachable)
    if (response.ok) return response
    throw await errorOf(response)
  }
}

/** A metric of a run. */
export interface Metric {
  readonly key: string
  readonly value: number
}

const isMissing = (error: unknown) =>
  error instanceof MlflowError && (error.code === 'RESOURCE_DOES_NOT_EXIST' || error.code === '404')

/** The line went dead, or there was none. */
function unreachable(error: unknown): never {
  if (error instanceof MlflowError) throw error
  const { cause, message } = error instanceof Error ? error : new Error(String(error))
  throw new MlflowError('UNREACHABLE', `MLflow does not answer: ${cause instanceof Error ? cause.message : message}`)
}

const errorSchema = z.object({ error_code: z.string(), message: z.string().default('') })

async function errorOf(response: Response): Promise<MlflowError> {
  const text = (await response.text()).slice(0, 2_000)
  const { data } = errorSchema.safeParse(jsonOf(text))
  return data
    ? new MlflowError(data.error_code, `MLflow: ${data.error_code}: ${data.message}`)
    : new MlflowError(String(response.status), `MLflow answered ${response.status}`)
}

async function parse<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(jsonOf(await response.text().catch(unreachable)))
  if (parsed.success) return parsed.data
  throw new MlflowError('UNREADABLE', `MLflow's answer cannot be read: ${z.prettifyError(parsed.error)}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function readBytes(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ARTIFACT_BYTES)
      throw new MlflowError('TOO_LARGE', `an artifact has more than ${MAX_ARTIFACT_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Uint8Array.from(Buffer.concat(chunks))
}
