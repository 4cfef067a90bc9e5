import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const DATABASE_URL = 'postgresql://opsource_anya:secret@db/opsource?schema=anya'

test('without more than a database everything else has its usual place on loopback', () => {
  expect(readConfig({ DATABASE_URL })).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 4102,
    REDIS_URL: 'redis://127.0.0.1:6379',
    ANYA_MARKETS: ['BTC-USDT', 'ETH-USDT'],
  })
})

test('markets are a list', () => {
  expect(readConfig({ DATABASE_URL, ANYA_MARKETS: 'SOL-USDT,BTC-USDT' }).ANYA_MARKETS).toEqual(['SOL-USDT', 'BTC-USDT'])
})

test.each([
  [{}, 'DATABASE_URL'],
  [{ DATABASE_URL: 'mysql://db' }, 'DATABASE_URL'],
  [{ DATABASE_URL, PORT: 'http' }, 'PORT'],
  [{ DATABASE_URL, ANYA_MARKETS: '' }, 'ANYA_MARKETS'],
])('%j is refused by name', (environment, name) => {
  expect(() => readConfig(environment)).toThrow(name)
})
