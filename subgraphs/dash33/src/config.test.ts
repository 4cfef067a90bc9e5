import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const DATABASE_URL = 'postgresql://dash33:secret@127.0.0.1:5432/opsource?schema=dash33'

describe('the service', () => {
  it('leads and keeps the whole journal, unless it is told otherwise', () => {
    expect(readConfig({ DATABASE_URL }, [])).toMatchObject({ standby: false, DASH33_JOURNAL: 'ALL', PORT: 4101 })
    expect(readConfig({ DATABASE_URL, DASH33_JOURNAL: 'SNAPSHOTS' }, ['--standby'])).toMatchObject({
      standby: true,
      DASH33_JOURNAL: 'SNAPSHOTS',
    })
  })

  it('names what it cannot read', () => {
    expect(() => readConfig({ DATABASE_URL, DASH33_JOURNAL: 'some' }, [])).toThrow('DASH33_JOURNAL')
    expect(() => readConfig({ DATABASE_URL }, ['--stand-by'])).toThrow('usage: npm run dash33')
  })
})
