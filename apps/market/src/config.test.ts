import { expect, test } from 'vitest'
import { readConfig, UsageError } from './config.ts'

test('without arguments the shipped recording plays once, in real time, on the demo', () => {
  const config = readConfig([], {})
  expect(config).toMatchObject({
    speed: 1,
    loop: false,
    depth: 20,
    report: false,
    gatewayUrl: 'http://127.0.0.1:4000/graphql',
  })
  expect(config.data).toMatch(/data\/binance-btc-eth-2024-08-08$/)
})

test('the command line comes before the environment', () => {
  const environment = { OPSOURCE_GATEWAY_URL: 'http://a.example/graphql', OPSOURCE_MAKER_KEY: 'opk_mine' }
  expect(readConfig([], environment)).toMatchObject({
    gatewayUrl: 'http://a.example/graphql',
    keys: { maker: 'opk_mine' },
  })
  expect(readConfig(['--gateway', 'http://b.example/graphql', '--speed', 'max', '--loop'], environment)).toMatchObject({
    gatewayUrl: 'http://b.example/graphql',
    speed: 'max',
    loop: true,
  })
})

test.each([
  [['--speed', '0'], '--speed'],
  [['--speed', 'fast'], '--speed'],
  [['--depth', '101'], '--depth'],
  [['--depth', '1.5'], '--depth'],
  [['--gateway', 'nowhere'], '--gateway'],
  [['--gateway', 'ftp://a.example'], '--gateway'],
  [['--loop', '--once'], '--once'],
  [['--unheard-of'], '--unheard-of'],
])('%j is refused by name', (args, name) => {
  expect(() => readConfig(args, {})).toThrow(UsageError)
  expect(() => readConfig(args, {})).toThrow(name)
})

test('a key of another kind is refused by name', () => {
  expect(() => readConfig([], { OPSOURCE_TAKER_KEY: 'secret' })).toThrow('OPSOURCE_TAKER_KEY')
})
