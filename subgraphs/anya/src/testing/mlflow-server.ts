import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

interface Entry {
  readonly key: string
  readonly value: string
}
interface Run {
  readonly info: { readonly run_id: string; readonly artifact_uri: string; readonly run_name: string; status: string }
  readonly data: {
    readonly params: Entry[]
    readonly metrics: { key: string; value: number }[]
    readonly tags: Entry[]
  }
}
interface Version {
  readonly status: 'READY' | 'PENDING_REGISTRATION'
  readonly name: string
  readonly version: string
  readonly source: string
  readonly run_id: string
  readonly tags: readonly Entry[]
}

const text = z.string().default('')
const entries = z.array(z.object({ key: z.string(), value: z.string() })).default([])
const metrics = z.array(z.object({ key: z.string(), value: z.number() })).default([])
const bodySchema = z.object({
  name: text,
  experiment_id: text,
  run_id: text,
  run_name: text,
  source: text,
  alias: text,
  version: text,
  status: text,
  params: entries,
  tags: entries,
  metrics,
})
type Body = z.infer<typeof bodySchema>

class Refused extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

const missing = () => new Refused(404, 'RESOURCE_DOES_NOT_EXIST')

/** Where a line goes dead, once: before the call is heard, after what it asked was done, or in the middle of the answer. */
export interface Cut {
  /** Of method and path, such as `PUT …/model.onnx`. */
  readonly call: RegExp
  readonly when: 'BEFORE' | 'AFTER' | 'HALFWAY'
}

/** What of MLflow's REST API an exchange of models takes, in memory, with its error codes: a server of the same protocol, not MLflow. */
export class MlflowServer {
  readonly runs = new Map<string, Run>()
  readonly models = new Map<string, Version[]>()
  readonly aliases = new Map<string, string>()
  readonly artifacts = new Map<string, Buffer>()
  readonly #experiments = new Map<string, string>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly #token: string | undefined
  url = ''
  cut: Cut | null = null

  constructor(token?: string) {
    this.#token = token
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    this.url = `http://127.0.0.1:${address.port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cut = this.cut?.call.test(`${request.method} ${request.url}`) ? this.cut.when : null
    if (cut) this.cut = null
    if (cut === 'BEFORE') return void request.socket.destroy()
    const end = (answer: Buffer | string) => {
      if (cut === 'AFTER') return request.socket.destroy()
      if (cut === null) return response.end(answer)
      response.setHeader('content-length', answer.length)
      return response.write(answer.slice(0, answer.length / 2), () => request.socket.destroy())
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    try {
      if (this.#token && request.headers.authorization !== `Bearer ${this.#token}`)
        throw new Refused(401, 'UNAUTHENTICATED')
      const artifact = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.+)$/.exec(pathname)?.[1]
      if (artifact) {
        end(this.#artifact(request.method, decodeURIComponent(artifact), Buffer.concat(chunks)))
        return
      }
      const given =
        request.method === 'POST' ? JSON.parse(Buffer.concat(chunks).toString()) : Object.fromEntries(searchParams)
      const path = pathname.replace('/api/2.0/mlflow/', '')
      const answer = this.#call(`${request.method} ${path}`, bodySchema.parse(given), searchParams)
      response.setHeader('content-type', 'application/json')
      end(JSON.stringify(answer))
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(500, 'INTERNAL_ERROR')
      response.writeHead(refused.status).end(JSON.stringify({ error_code: refused.code, message: String(error) }))
    }
  }

  #artifact(method: string | undefined, path: string, content: Buffer): Buffer | string {
    if (method === 'PUT') {
      this.artifacts.set(path, content)
      return '{}'
    }
    const known = this.artifacts.get(path)
    if (!known) throw missing()
    return known
  }

  #call(call: string, body: Body, query: URLSearchParams): object {
    switch (call) {
      case 'GET experiments/get-by-name': {
        const id = this.#experiments.get(query.get('experiment_name') ?? '')
        if (!id) throw missing()
        return { experiment: { experiment_id: id } }
      }
      case 'POST experiments/create': {
        const id = String(this.#experiments.size + 1)
        this.#experiments.set(body.name, id)
        return { experiment_id: id }
      }
      case 'POST runs/create':
        return { run: this.#createRun(body) }
      case 'GET runs/get':
        return { run: this.#run(body.run_id) }
      case 'POST runs/log-batch': {
        const { data } = this.#run(body.run_id)
        data.params.push(...body.params)
        data.metrics.push(...body.metrics.map(({ key, value }) => ({ key, value })))
        data.tags.push(...body.tags)
        return {}
      }
      case 'POST runs/update':
        this.#run(body.run_id).info.status = body.status
        return {}
      case 'POST registered-models/create':
        if (this.models.has(body.name)) throw new Refused(400, 'RESOURCE_ALREADY_EXISTS')
        this.models.set(body.name, [])
        return { registered_model: { name: body.name } }
      case 'POST registered-models/alias':
        this.aliases.set(`${body.name}@${body.alias}`, body.version)
        return {}
      case 'GET registered-models/alias':
        return { model_version: this.#version(body.name, this.aliases.get(`${body.name}@${body.alias}`) ?? '') }
      case 'POST model-versions/create':
        return { model_version: this.#createVersion(body) }
      case 'GET model-versions/get':
        return { model_version: this.#version(body.name, body.version) }
      case 'GET model-versions/search':
        return this.#search(query.get('filter') ?? '')
      default:
        throw new Refused(404, 'ENDPOINT_NOT_FOUND')
    }
  }

  #createRun(body: Body): Run {
    const run_id = `run${this.runs.size + 1}`
    const artifact_uri = `mlflow-artifacts:/${body.experiment_id}/${run_id}/artifacts`
    const info = { run_id, artifact_uri, run_name: body.run_name, status: 'RUNNING' }
    const run: Run = { info, data: { params: [], metrics: [], tags: [...body.tags] } }
    this.runs.set(run_id, run)
    return run
  }

  #run(id: string): Run {
    const run = this.runs.get(id)
    if (!run) throw missing()
    return run
  }

  #createVersion({ name, source, run_id, tags }: Body): Version {
    const versions = this.models.get(name)
    if (!versions) throw missing()
    const version = { name, version: String(versions.length + 1), status: 'READY' as const, source, run_id, tags }
    versions.push(version)
    return version
  }

  #version(name: string, version: string): Version {
    const known = this.models.get(name)?.find((each) => each.version === version)
    if (!known) throw missing()
    return known
  }

  #search(filter: string): object {
    const [, name = '', key = '', value = ''] = /^name='(.*)' and tags\.`(.*)`='(.*)'$/.exec(filter) ?? []
    const found = (this.models.get(name) ?? []).filter(({ tags }) =>
      tags.some((tag) => tag.key === key && tag.value === value),
    )
    // As MLflow does it, nothing found is no list at all.
    return found.length === 0 ? {} : { model_versions: found }
  }
}
