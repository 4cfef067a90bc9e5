import type { Logger } from 'pino'
import { acceptEnforced } from './enforced-specs.ts'
import type { SupergraphSource } from './source.ts'

export interface SupergraphLoaderOptions {
  readonly source: SupergraphSource
  readonly log: Logger
  /** Takes a supergraph into use. @throws Error where it cannot be served; the one before must then still be. */
  readonly use: (supergraphSdl: string) => void
  /** `taken`, or `refused`: the one before stays. */
  readonly onLoad: (outcome: 'taken' | 'refused') => void
}

/** Keeps the newest good supergraph in use: what cannot be read, composed or enforced changes nothing, and is said. */
export class SupergraphLoader {
  readonly #options: SupergraphLoaderOptions
  #current: string
  #loading: Promise<void> = Promise.resolve()
  #unwatch: () => void = () => {}

  private constructor(options: SupergraphLoaderOptions, current: string) {
    this.#options = options
    this.#current = current
  }

  /** @param current what is in use already. */
  static follow(options: SupergraphLoaderOptions, current: string): SupergraphLoader {
    const loader = new SupergraphLoader(options, current)
    loader.#unwatch = options.source.watch(() => {
      // Said in the log already.
      loader.reload().catch(() => {})
    })
    return loader
  }

  /** Reads the source again. Rejects, keeping what is in use, where that gives no supergraph that can be served. */
  reload(): Promise<void> {
    const loading = this.#loading.catch(() => {}).then(() => this.#load())
    this.#loading = loading
    return loading
  }

  /** Lets go of the source. */
  async stop(): Promise<void> {
    this.#unwatch()
    await this.#loading.catch(() => {})
  }

  async #load(): Promise<void> {
    const { source, log, use, onLoad } = this.#options
    try {
      const sdl = await readSupergraph(source)
      if (sdl === this.#current) return
      use(sdl)
      this.#current = sdl
      onLoad('taken')
      log.info({ source: source.name }, 'another supergraph is in use')
    } catch (error) {
      onLoad('refused')
      const reason = error instanceof Error ? error.message : String(error)
      log.error({ source: source.name, reason }, 'the supergraph is not taken: the one before stays in use')
      throw error
    }
  }
}

/** The source's newest supergraph, in the form that the gateway takes. */
export async function readSupergraph(source: SupergraphSource): Promise<string> {
  return acceptEnforced(await source.read())
}
