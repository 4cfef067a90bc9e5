import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { hashOf, Manifest } from './manifest.ts'
import { PersistedOperations } from './persisted.ts'
import { operationOf, withText } from './request.ts'
import { Safelist } from './safelist.ts'

const log = pino({ level: 'silent' })
const TEXT = 'query Book { book { bids } }'
const LISTED = { id: 'book-1', name: 'Listed', type: 'query', body: 'query Listed { listed }' } as const
const named = (sha256Hash: string, version = 1) => ({ persistedQuery: { version, sha256Hash } })
const codeOf = (result: { ok: boolean; error?: { extensions: Record<string, unknown> } }) =>
  result.ok ? 'OK' : result.error?.extensions.code

function persisted(): PersistedOperations {
  return new PersistedOperations(new Manifest([LISTED]), new MemoryCache({ clock: systemClock, log }), log)
}

test('a text that nobody knows is asked for once, and then its hash is enough', async () => {
  const operations = persisted()
  const extensions = named(hashOf(TEXT))
  expect(codeOf(await operations.textOf({ extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect(await operations.textOf({ query: TEXT, extensions })).toEqual({ ok: true, value: TEXT })
  expect(await operations.textOf({ extensions })).toEqual({ ok: true, value: TEXT })
})

test('a text under another’s hash is refused, and changes nothing', async () => {
  const operations = persisted()
  const extensions = named(hashOf(TEXT))
  await operations.textOf({ query: TEXT, extensions })
  expect(codeOf(await operations.textOf({ query: '{ evil }', extensions }))).toBe('BAD_USER_INPUT')
  expect(codeOf(await operations.textOf({ query: '{ evil }', extensions: named('book-1') }))).toBe('BAD_USER_INPUT')
  expect(await operations.textOf({ extensions })).toEqual({ ok: true, value: TEXT })
})

test('what the manifest lists is known by its id, and by its hash', async () => {
  const operations = persisted()
  for (const id of ['book-1', hashOf(LISTED.body)]) {
    expect(await operations.textOf({ extensions: named(id) })).toEqual({ ok: true, value: LISTED.body })
  }
})

test('neither text nor hash is no operation', async () => {
  for (const given of [{}, { query: '' }, { query: 3 }, { extensions: named('', 1) }, { extensions: named('a', 2) }]) {
    expect(codeOf(await persisted().textOf(given))).toBe('BAD_USER_INPUT')
  }
})

test('a cache that is away only forgets', async () => {
  const cache = new MemoryCache({ clock: systemClock, log })
  await cache.close()
  const operations = new PersistedOperations(new Manifest([]), cache, log)
  const extensions = named(hashOf(TEXT))
  expect(await operations.textOf({ query: TEXT, extensions })).toEqual({ ok: true, value: TEXT })
  expect(codeOf(await operations.textOf({ extensions }))).toBe('PERSISTED_QUERY_NOT_FOUND')
})

test('the text takes the place of the hash, over POST and GET, and other extensions stay', () => {
  const extensions = { ...named('h'), traced: true }
  const post = { method: 'POST', search: '', body: { variables: { a: 1 }, extensions } }
  const given = operationOf(post)
  expect(given && withText(post, given, TEXT).body).toEqual({
    query: TEXT,
    variables: { a: 1 },
    extensions: { traced: true },
  })
  const get = {
    method: 'GET',
    search: `?extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
    body: undefined,
  }
  const asked = operationOf(get)
  const parameters = new URLSearchParams(asked ? withText(get, asked, TEXT).search : '')
  expect([...parameters]).toEqual([['query', TEXT]])
  expect(operationOf({ method: 'POST', search: '', body: [] })).toBeNull()
})

test('who is bound to the list may run nothing else, and one free role is enough', () => {
  const safelist = new Safelist(new Manifest([LISTED]), ['ANONYMOUS', 'TRADER'])
  const identity = (...roles: ('TRADER' | 'OPERATOR')[]) => ({
    userId: 'usr_1',
    sessionId: 'ses_1',
    roles,
    scopes: new Set<never>(),
    issuedAt: 0,
    expiresAt: 1,
  })
  expect(safelist.refusal(TEXT, null)?.extensions.code).toBe('OPERATION_NOT_LISTED')
  expect(safelist.refusal(TEXT, identity('TRADER'))?.extensions.code).toBe('OPERATION_NOT_LISTED')
  expect(safelist.refusal(LISTED.body, null)).toBeNull()
  expect(safelist.refusal(TEXT, identity('TRADER', 'OPERATOR'))).toBeNull()
  expect(safelist.refusal(`${LISTED.body} `, null)).not.toBeNull()
  expect(() => new Safelist(new Manifest([]), ['ANONYMOUS'])).toThrow('none are listed')
})
