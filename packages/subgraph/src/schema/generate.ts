import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { lintSchema } from './lint.ts'
import { mergeSchema } from './merge.ts'
import { resolverTypes } from './resolver-types.ts'

/** `generate.ts <domain>`: merges the domain's schema, holds it to the house rules, and generates resolver types and Prisma client. */
const root = path.resolve(import.meta.dirname, '../../../..')

async function main(domain: string | undefined): Promise<number> {
  const source = path.join(root, 'subgraphs', domain ?? '', 'src')
  if (domain === undefined || !existsSync(source))
    return complain('generate.ts needs the name of a folder in subgraphs/')
  const sdl = mergeSchema(source)
  const faults = lintSchema(sdl)
  if (faults.length > 0)
    return complain(faults.map((fault) => `${domain}: ${fault.coordinate}: ${fault.message}`).join('\n'))
  const generated = path.join(source, 'generated')
  mkdirSync(generated, { recursive: true })
  writeFileSync(path.join(generated, 'schema.graphql'), sdl)
  writeFileSync(path.join(generated, 'graphql.ts'), await resolverTypes(sdl, source))
  return existsSync(path.join(root, 'prisma', domain, 'schema.prisma')) ? prismaClient(domain) : 0
}

function prismaClient(domain: string): number {
  const { status, stdout, stderr } = spawnSync('prisma', ['generate', '--no-hints'], {
    cwd: root,
    env: { ...process.env, PRISMA_DOMAIN: domain, CHECKPOINT_DISABLE: '1' },
    encoding: 'utf8',
  })
  if (status === 0) return 0
  return complain(`${domain}: prisma generate failed\n${stdout}${stderr}`)
}

function complain(message: string): number {
  process.stderr.write(`${message}\n`)
  return 1
}

process.exitCode = await main(process.argv[2])
