import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { Refusal } from './refusal.ts'

test('without arguments everything is embedded, on loopback, with the demo and its market', () => {
  expect(readConfig([], {})).toMatchObject({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: null,
    demo: true,
    marketSpeed: 1,
  })
})

test('whoever opens the platform to a network gets no demo users and no market that would need their keys', () => {
  expect(readConfig(['--host', '0.0.0.0'], {})).toMatchObject({ demo: false, marketSpeed: null })
  expect(readConfig([], { HOST: '192.0.2.1' })).toMatchObject({ demo: false, marketSpeed: null })
})

test('an own database gets no demo users', () => {
  const config = readConfig([], { DATABASE_URL: 'postgresql://admin:secret@db/opsource' })
  expect(config).toMatchObject({ databaseUrl: 'postgresql://admin:secret@db/opsource', demo: false })
})

test('an argument wins over the environment', () => {
  expect(readConfig(['--port', '5000', '--speed', '10'], { PORT: '4500' })).toMatchObject({
    port: 5000,
    marketSpeed: 10,
  })
})

test('the market can be left out', () => {
  expect(readConfig(['--no-market'], {})).toMatchObject({ demo: true, marketSpeed: null })
})

test.each([[['--port', 'http']], [['--port', '70000']], [['--speed', '0']], [['--nonsense']]])(
  '%s is refused',
  (args) => {
    expect(() => readConfig(args, {})).toThrow(Refusal)
  },
)
