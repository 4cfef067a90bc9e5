import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { environment } from '../config.ts'
import { breakingChanges } from './changes.ts'
import { apiSchemaOf, compose, listFaults } from './composition.ts'
import { readSubgraphs } from './configuration.ts'

const root = path.resolve(import.meta.dirname, '../../../..')

const USAGE = `npm run compose -- [--config supergraph.yaml] [--output supergraph.graphql] [--check] [--allow-breaking]

Composes the subgraphs into the supergraph. Composition errors and hints fail. So do changes that break clients of the
committed supergraph, unless --allow-breaking. --check writes nothing and fails where the output would change.
`

/** @returns the exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: path.join(root, 'supergraph.yaml') },
      output: { type: 'string', default: path.join(root, 'supergraph.graphql') },
      check: { type: 'boolean', default: false },
      'allow-breaking': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(USAGE, 0)
  const subgraphs = await readSubgraphs(path.resolve(values.config), environment)
  const composed = compose(subgraphs)
  if (!composed.ok) {
    return complain(`The subgraphs do not compose:\n${listFaults(composed.error)}\n`)
  }
  const output = path.resolve(values.output)
  const current = await readFile(output, 'utf8').catch(() => null)
  const before = (await committed(output)) ?? current
  const breaking = before === null ? [] : await breakingChanges(apiSchemaOf(before), apiSchemaOf(composed.value))
  if (breaking.length > 0) {
    const lines = breaking.map(({ coordinate, message }) => `  ${coordinate}: ${message}`)
    complain(`Breaking for clients of the committed supergraph:\n${lines.join('\n')}\n`)
    if (!values['allow-breaking']) return complain('Keep the old field and deprecate it, or pass --allow-breaking.\n')
  }
  const name = path.relative(process.cwd(), output)
  if (current === composed.value) return say(`${name} is up to date: ${subgraphs.length} subgraphs, no hints\n`, 0)
  if (values.check)
    return complain(`${name} is not what the subgraphs compose to: run \`npm run compose\` and commit it\n`)
  await writeFile(output, composed.value)
  return say(`${name} written: ${subgraphs.length} subgraphs, no hints\n`, 0)
}

/** The file as of git's HEAD, or null where it is not in a repository or not yet committed. */
async function committed(file: string): Promise<string | null> {
  const git = promisify(execFile)
  return git('git', ['show', `HEAD:./${path.basename(file)}`], { cwd: path.dirname(file), maxBuffer: 64 * 1024 * 1024 })
    .then(({ stdout }) => stdout)
    .catch(() => null)
}

function say(text: string, code: number): number {
  process.stdout.write(text)
  return code
}

function complain(text: string): number {
  process.stderr.write(text)
  return 1
}

process.exitCode = await main().catch((error: Error) => complain(`${error.message}\n`))
