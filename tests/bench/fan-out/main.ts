import { readFileSync } from 'node:fs'
import { cpus, release, platform as system } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { endToEnd, fanOut, joins, matching, paused } from './sections.ts'

/** `npm run bench:fan-out`, or only some: `npm run bench:fan-out -- joins paused`. */
const sections = { 'fan-out': fanOut, joins, 'end-to-end': endToEnd, match: matching, paused }

const versionOf = (name: string) => {
  const file = path.resolve(import.meta.dirname, '../../../node_modules', name, 'package.json')
  return `${name} ${z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version}`
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in sections))
if (unknown.length > 0) throw new Error(`There is no ${unknown.join()}: there are ${Object.keys(sections).join(', ')}`)

const cpu = cpus()
const peers = ['graphql', 'graphql-ws', 'ws', '@apollo/gateway', '@apollo/query-planner'].map(versionOf)
console.log(`${cpu.length} × ${cpu[0]?.model ?? 'unknown'}, ${system()} ${release()}, Node ${process.version}`)
console.log(`${peers.join(', ')}\n`)
console.log('| what | measured | target | |\n|---|---|---|---|')
for (const [name, section] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  for (const { what, value, target, isMet } of await section()) {
    console.log(`| ${what} | ${value} | ${target} | ${target === '' ? '' : isMet ? 'met' : 'NOT met'} |`)
  }
}
