import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import type { SchemaEngine as WasmEngine } from '@prisma/schema-engine-wasm'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import { EngineSessions } from './session.ts'

declare global {
  /** The part of the standard's API that loads a module: TypeScript ships it only together with the whole browser. */
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array)
    }
    class Instance {
      constructor(module: Module, imports: Record<string, object>)
      readonly exports: Record<string, unknown>
    }
  }
}

const require = createRequire(import.meta.url)

let loaded: typeof import('@prisma/schema-engine-wasm') | undefined

/** Instantiates the wasm once per process (about 70 MB, so only when a migration is to be made or applied). */
export function loadWasm(): typeof import('@prisma/schema-engine-wasm') {
  if (loaded) return loaded
  const file = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm')
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    './schema_engine_bg.js': { ...glue },
  })
  glue.__wbg_set_wasm(exports)
  const start = exports.__wbindgen_start
  if (typeof start !== 'function') throw new Error('the schema engine has no start function')
  start()
  loaded = wasmExports(glue)
  return loaded
}

/** The bindings' own types cover only the loader; the engine's lie in the package's main entry, which Node cannot import. */
function wasmExports(module: object): typeof import('@prisma/schema-engine-wasm') {
  if (!isEngineModule(module)) throw new Error('the schema engine package has changed its shape')
  return module
}

function isEngineModule(module: object): module is typeof import('@prisma/schema-engine-wasm') {
  return 'SchemaEngine' in module && 'version' in module
}

export interface EngineOptions {
  /** Files as [path, content], for commands that read the schema. */
  readonly datamodels?: [string, string][]
  /** Without it the engine works on the URL's database. */
  readonly sessions?: SqlMigrationAwareDriverAdapterFactory
}

/** Prisma's schema engine on one database. Close it after use: until then it holds the migration lock. */
export class Engine {
  readonly #wasm: WasmEngine
  readonly #explain: (error: unknown) => never
  readonly #release: () => Promise<void>

  private constructor(wasm: WasmEngine, explain: (error: unknown) => never, release: () => Promise<void>) {
    this.#wasm = wasm
    this.#explain = explain
    this.#release = release
  }

  static async open(url: string, options: EngineOptions = {}): Promise<Engine> {
    const sessions = options.sessions ?? new EngineSessions(url)
    const release = async () => {
      if (sessions instanceof EngineSessions) await sessions.close()
    }
    const bound = bindMigrationAwareSqlAdapterFactory(sessions)
    // The wasm knows driver errors by number only: put the true cause in the number's place.
    const explain = (error: unknown): never => {
      const number = error instanceof Error ? /External error id#(\d+)/.exec(error.message) : null
      const cause = number ? bound.errorRegistry.consumeError(Number(number[1]))?.error : undefined
      if (error instanceof Error && number && cause instanceof Error) {
        error.message = error.message.replace(number[0], cause.message)
        error.cause = cause
      }
      throw error
    }
    try {
      const wasm = await loadWasm().SchemaEngine.new({ datamodels: options.datamodels }, () => {}, bound)
      return new Engine(wasm, explain, release)
    } catch (error) {
      await release()
      return explain(error)
    }
  }

  /** Calls the engine; a driver's error comes out with its own message. */
  run<T>(command: (engine: WasmEngine) => Promise<T>): Promise<T> {
    return command(this.#wasm).catch(this.#explain)
  }

  async close(): Promise<void> {
    this.#wasm.free()
    await this.#release()
  }
}
