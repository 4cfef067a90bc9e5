import type { FetchNode, ResponsePath } from '@apollo/query-planner'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import { subgraphError, unfitAnswer } from './faults.ts'
import { copyOf, mergeInto } from './merging.ts'
import { objectsAt, type Place, placesAt } from './places.ts'
import { isPlain, type Plain } from './plain.ts'
import type { PossibleTypes } from './possible-types.ts'
import { EntityReader, type Representations } from './representations.ts'
import { compileRewrites, type Rewrite } from './rewrites.ts'
import type { CachePolicy, SourceRequest, Sources } from './source.ts'

/** What one execution of a plan holds. */
export interface Run {
  /** As the client sent them: a subgraph coerces them itself. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Coerced, with defaults: what conditions ask. */
  readonly coerced: Readonly<Record<string, unknown>>
  readonly context: OperationContext
  readonly sources: Sources
  readonly cachePolicy: CachePolicy | null
  /** Everything that subgraphs said, keys and all. */
  readonly data: Plain
  readonly errors: GraphQLError[]
}

/** The live part of a subscription: whose event it is, and how to ask for it. */
export interface PrimaryFetch {
  readonly serviceName: string
  readonly fetch: Fetch
}

/** What a graph knows of its types. */
export interface Types {
  readonly possibleTypes: PossibleTypes
}

/** A fetch of a plan, compiled: where its entities stand, what it sends, and where the answer goes. */
export class Fetch {
  readonly #service: string
  readonly #operation: SourceRequest['operation']
  readonly #path: ResponsePath
  /** The body up to its variables. */
  readonly #head: string
  readonly #variables: readonly { readonly name: string; readonly head: string }[]
  readonly #entities: EntityReader | null
  readonly #rewrite: Rewrite | null
  readonly #types: PossibleTypes

  constructor(node: FetchNode, path: ResponsePath, { possibleTypes }: Types) {
    this.#types = possibleTypes
    this.#service = node.serviceName
    this.#operation = node.operationKind
    this.#path = path
    const name = node.operationName === undefined ? '' : `,"operationName":${JSON.stringify(node.operationName)}`
    this.#head = narrow(`{"query":${JSON.stringify(node.operation)}${name},"variables":{`)
    this.#variables = (node.variableUsages ?? []).map((name) => ({ name, head: `${JSON.stringify(name)}:` }))
    this.#entities = node.requires
      ? new EntityReader(node.requires, possibleTypes, compileRewrites(node.inputRewrites, possibleTypes))
      : null
    this.#rewrite = compileRewrites(node.outputRewrites, possibleTypes)
    if (this.#entities && this.#variables.some(({ name }) => name === 'representations')) {
      throw new Error('A variable of an operation must not be named "representations"')
    }
  }

  /** Does nothing where there is nothing to complete, or nobody waits any more. */
  async run(run: Run): Promise<void> {
    if (run.context.departure?.hasLeft) return
    const objects = this.#path.length === 0 ? [run.data] : objectsAt(run.data, this.#path)
    if (objects.length === 0) return
    if (!this.#entities) return this.absorb(await this.#send(run, []), run, objects)
    const representations = this.#entities.read(objects)
    if (representations.json.length === 0) return
    const result = await this.#send(run, representations.json)
    if (result.errors) this.#place(result.errors, run, representations)
    this.#mergeEntities(result.data, run, objects, representations)
  }

  /** Takes in the answer to a fetch of fields: the root's, or an event. */
  absorb({ data, errors }: UpstreamResult, run: Run, objects: readonly Plain[] = [run.data]): void {
    if (errors) this.#place(errors, run, null)
    if (!data) return
    this.#rewrite?.(data)
    merge(objects, data)
  }

  /** The request of this fetch. `representations` are JSON. */
  bodyFor(variables: Readonly<Record<string, unknown>>, representations: readonly string[] = []): string {
    let given = ''
    for (const { name, head } of this.#variables) {
      if (!Object.hasOwn(variables, name) || variables[name] === undefined) continue
      given += `${given === '' ? '' : ','}${head}${JSON.stringify(variables[name])}`
    }
    if (this.#entities) given += `${given === '' ? '' : ','}"representations":[${representations.join()}]`
    return `${this.#head}${given}}}`
  }

  #send(run: Run, representations: readonly string[]): Promise<UpstreamResult> {
    const source = run.sources[this.#service]
    if (!source) throw new Error(`There is no source for the subgraph ${this.#service}`)
    return source.fetch({
      body: this.bodyFor(run.variables, representations),
      operation: this.#operation,
      context: run.context,
      cachePolicy: run.cachePolicy,
    })
  }

  #mergeEntities(data: UpstreamResult['data'], run: Run, objects: readonly Plain[], asked: Representations): void {
    if (!data) return
    const { _entities: received } = data
    if (!Array.isArray(received) || received.length !== asked.json.length) {
      run.errors.push(unfitAnswer(this.#service, `the answer has not ${asked.json.length} entities`))
      return
    }
    for (let index = 0; index < received.length; index++) {
      const entity: unknown = received[index]
      if (!isPlain(entity)) continue
      const targets: Plain[] = []
      for (const place of asked.entitiesOf[index] ?? []) {
        const object = objects[place]
        if (object) targets.push(object)
      }
      if (this.#rewrite) {
        // Rewrites tell types apart by name; the subgraph was not always asked for it.
        entity.__typename ??= targets[0]?.__typename
        this.#rewrite(entity)
      }
      // An interface that a subgraph takes for an object is no news where the object itself is known.
      if (entity.__typename !== undefined && !this.#types.isObject(entity.__typename)) {
        if (targets.some((target) => this.#types.isObject(target.__typename))) entity.__typename = undefined
      }
      merge(targets, entity)
    }
  }

  /** An error of an entity is one of every place that shows it. */
  #place(errors: readonly GraphQLFormattedError[], run: Run, asked: Representations | null): void {
    let places: readonly Place[] | null = null
    for (const error of errors) {
      const [, index] = error.path ?? []
      const shown = asked && typeof index === 'number' ? asked.entitiesOf[index] : undefined
      if (shown) {
        places ??= placesAt(run.data, this.#path)
        for (const place of shown) {
          const path = [...(places[place] ?? []), ...(error.path ?? []).slice(2)]
          run.errors.push(subgraphError(error, this.#service, path))
        }
      } else run.errors.push(subgraphError(error, this.#service, this.#pathOf(error, asked !== null)))
    }
  }

  /** `@` stands for every element of a list: then no single place in the answer is to blame. */
  #pathOf({ path }: GraphQLFormattedError, isOfEntities: boolean): Place | undefined {
    if (!path || this.#path.includes('@')) return undefined
    return isOfEntities ? this.#path : [...this.#path, ...path]
  }
}

/** The first gets the very object, any other a copy: what is merged into one later must not show in another. */
function merge(targets: readonly Plain[], source: Plain): void {
  for (let other = targets.length - 1; other >= 0; other--) {
    const target = targets[other]
    const part = other === 0 ? source : copyOf(source)
    if (target && isPlain(part)) mergeInto(target, part)
  }
}

/**
 * The same text, one byte to a character where it can be. Names cut out of a supergraph that has one letter beyond Latin-1 are not, nor
 * is any text with one of them, and every request would have to be encoded for it.
 */
function narrow(text: string): string {
  return Buffer.from(text).toString()
}
