import path from 'node:path'
import { runToEnd } from './child.mjs'
import { ensureGenerated } from './generate.mjs'
import { bundledNode, ensureInstalled } from './install.mjs'
import { checkMachine, Refusal, root } from './machine.mjs'

/** The first Node.js that runs TypeScript as written. */
const TYPESCRIPT_NODE = 24

/** Scripts that import what `npm run generate` makes; the rest of tools/ must run without it. */
const NEEDS_GENERATED = /^((apps|subgraphs|tests)\/|tools\/services\.ts$)/

/** Young objects would take 134 MB of a machine with much memory: the whole platform is to run on little. */
const FRUGAL = { 'apps/standalone/src/main.ts': ['--max-semi-space-size=16'] }

/** Runs the arguments of tools/run.mjs and ends this process with the same exit code. */
export async function launch(args) {
  try {
    checkMachine()
    const own = Number(process.versions.node.split('.')[0]) >= TYPESCRIPT_NODE
    await ensureInstalled({ node: !own })
    const node = own ? process.execPath : bundledNode()
    const env = environment(node)
    const isProgram = args[0] === '--bin'
    const script = scriptName(args[0])
    if (!isProgram && NEEDS_GENERATED.test(script)) await ensureGenerated(env)
    const flags = FRUGAL[script] ?? []
    process.exit(await (isProgram ? runToEnd(args[1], args.slice(2), env) : runToEnd(node, [...flags, ...args], env)))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    process.stderr.write(`\n✗ ${error.message}\n`)
    process.exit(1)
  }
}

function scriptName(argument = '') {
  return path.relative(root, path.resolve(argument)).split(path.sep).join('/')
}

function environment(node) {
  return {
    ...process.env,
    // Code is compiled, and freed of its types, once.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, 'node_modules/.cache/compiled'),
    PATH: [path.dirname(node), path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter),
    // Nothing reports home.
    APOLLO_TELEMETRY_DISABLED: 'true',
    TURBO_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
    DO_NOT_TRACK: '1',
  }
}
