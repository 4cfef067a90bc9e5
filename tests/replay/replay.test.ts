import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { STATE_VERSION } from '../../subgraphs/dash33/src/engine/canonical.ts'
import { commandsOf, decodeBatch } from '../../subgraphs/dash33/src/engine/journal/batch-format.ts'
import { KINDS } from '../../subgraphs/dash33/src/engine/journal/command-codec.ts'
import { ENGINE_VERSION } from '../../subgraphs/dash33/src/engine/version.ts'
import { follow, followUnheard, readJournal } from './golden-journal.ts'

const directory = path.join(import.meta.dirname, 'journals')
const expected = z
  .object({
    engineVersion: z.number(),
    stateVersion: z.number(),
    destinations: z.record(
      z.string(),
      z.object({
        commands: z.number(),
        events: z.record(z.string(), z.number()),
        digest: z.string(),
        stateHash: z.string(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(directory, 'expected.json'), 'utf8')))
const journals = readdirSync(directory).filter((name) => name.endsWith('.journal'))
const read = (name: string) => readJournal(readFileSync(path.join(directory, name)))

describe('the golden journals', () => {
  it('are of this version: one that changes what a journal leads to, or how a state is written, brings new ones', () => {
    expect(expected).toMatchObject({ engineVersion: ENGINE_VERSION, stateVersion: STATE_VERSION })
    expect(journals.sort()).toEqual(Object.keys(expected.destinations).sort())
  })

  it.each(journals)('%s leads where it led when it was written, however its commands are batched', (name) => {
    const payloads = read(name)
    expect(follow(payloads, true)).toEqual(expected.destinations[name])
    expect(follow(payloads, false)).toEqual(expected.destinations[name])
    expect(followUnheard(payloads)).toBe(expected.destinations[name]?.stateHash)
  })

  it('hold every kind of command', () => {
    const kinds = journals.flatMap((name) => read(name).flatMap((payload) => commandsOf(decodeBatch(payload))))
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(KINDS))
  })
})
