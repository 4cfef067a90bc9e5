import { GraphQLError } from 'graphql'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { fault } from './errors.ts'
import { formatError } from './formatting.ts'

function logged() {
  const lines: string[] = []
  return { lines, log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }) }
}

describe('an error on its way out', () => {
  it('keeps its code and message where they are ours to give, and nothing else of its extensions', () => {
    const { lines, log } = logged()
    const given = new GraphQLError('Say again.', {
      extensions: { code: 'BAD_USER_INPUT', stacktrace: ['at /srv'], sql: 'x' },
    })
    expect(formatError(given, log)).toEqual({ message: 'Say again.', extensions: { code: 'BAD_USER_INPUT' } })
    expect(formatError(fault('FORBIDDEN', 'No.'), log)).toEqual({ message: 'No.', extensions: { code: 'FORBIDDEN' } })
    expect(lines).toEqual([])
  })
  it.each([
    ['without a code', new GraphQLError('password is hunter2', { originalError: new Error('password is hunter2') })],
    ['with a code that nobody knows', new GraphQLError('duplicate key in "user"', { extensions: { code: 'P2002' } })],
    [
      'that says itself that it is internal',
      new GraphQLError('at /srv/x.ts', { extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
    ],
  ])('%s tells the log everything and the client nothing', (_, error) => {
    const { lines, log } = logged()
    expect(formatError(error, log)).toEqual({
      message: 'Something went wrong on our side.',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    })
    expect(lines.join()).toContain(JSON.stringify(error.message).slice(1, -1))
  })
})
