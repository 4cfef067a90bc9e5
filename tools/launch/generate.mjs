import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exclusively } from './lock.mjs'
import { checkWritable, Refusal, root } from './machine.mjs'
import { step } from './progress.mjs'

const DOMAINS = ['anya', 'dash33', 'enterprise', 'mobile']
const OUTPUTS = ['graphql.ts', 'schema.graphql', 'prisma/client.ts']
const stamp = path.join(root, '.turbo/generated')

/** Runs `turbo run generate` unless schemas, generator and versions are those of the last time. */
export async function ensureGenerated(env) {
  if (isGenerated()) return
  checkWritable()
  await exclusively(async () => {
    if (isGenerated()) return
    const fingerprint = inputs()
    await step('database clients and schemas', () => turboGenerate(env))
    mkdirSync(path.dirname(stamp), { recursive: true })
    writeFileSync(stamp, fingerprint)
  })
}

function isGenerated() {
  const outputs = DOMAINS.flatMap((domain) =>
    OUTPUTS.map((file) => path.join(root, 'subgraphs', domain, 'src/generated', file)),
  )
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs() && outputs.every((file) => existsSync(file))
}

function inputs() {
  const files = [
    ...DOMAINS.flatMap((domain) => filesBelow(path.join('subgraphs', domain, 'src'), 'schema.graphql')),
    ...DOMAINS.map((domain) => path.join('prisma', domain, 'schema.prisma')),
    ...filesBelow('packages/subgraph/src/schema', ''),
    'package-lock.json',
    'prisma.config.ts',
  ]
  const hash = createHash('sha256')
  for (const file of files.sort()) hash.update(file).update(readFileSync(path.join(root, file)))
  return hash.digest('hex')
}

function filesBelow(directory, ending) {
  return readdirSync(path.join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(directory, entry.name)
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : filesBelow(name, ending)
    return name.endsWith(ending) ? [name] : []
  })
}

function turboGenerate(env) {
  return new Promise((resolve, reject) => {
    const child = spawn('turbo', ['run', 'generate', '--output-logs=errors-only'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      process.stderr.write(output)
      reject(new Refusal('the database clients and schemas could not be generated: see above.'))
    })
  })
}
