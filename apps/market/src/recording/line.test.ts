import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Instrument, OffGridError } from './instrument.ts'
import { parseLine } from './line.ts'

test('each kind of message is recognised', () => {
  const depth =
    '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":1,"u":2,"b":[["1.00","0.10"]],"a":[]}}'
  expect(parseLine(`17 ${depth}`)).toEqual({
    kind: 'diff',
    time: 5,
    firstUpdateId: 1,
    lastUpdateId: 2,
    bids: [['1.00', '0.10']],
    asks: [],
  })
  const trade =
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":6,"s":"BTCUSDT","t":9,"p":"1.00","q":"0.1","T":5,"m":true,"M":true}}'
  expect(parseLine(`17 ${trade}`)).toMatchObject({ kind: 'trade', time: 5, takerSide: 'SELL' })
  const touch = '{"stream":"btcusdt@bookTicker","data":{"u":3,"s":"BTCUSDT","b":"1.00","B":"1","a":"2.00","A":"2"}}'
  expect(parseLine(`17 ${touch}`)).toMatchObject({ kind: 'touch', updateId: 3, askPrice: '2.00' })
  expect(parseLine('17 {"lastUpdateId":4,"bids":[],"asks":[]}')).toMatchObject({ kind: 'snapshot', lastUpdateId: 4 })
})

test.each([
  '',
  'x',
  '17',
  '17 {',
  '17 null',
  '17 {"stream":"a","data":{}}',
  '17 {"stream":"a","data":{"e":"trade"}}',
  'x {"lastUpdateId":4}',
])('a malformed line is no event: %j', (line) => {
  expect(parseLine(line)).toBeNull()
})

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.json(), (text, json) => {
      parseLine(text)
      expect(parseLine(`1 ${json}`)).toBeNull()
    }),
  )
})

test('prices and quantities keep their exact value through ticks and lots', () => {
  const btc = new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001')
  expect(btc.ticks('61737.63000000')).toBe(6173763)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (count) => {
      expect(btc.ticks(btc.price(btc.ticks((count / 100).toFixed(2))))).toBe(count)
    }),
  )
  expect(() => btc.ticks('1.001')).toThrow(OffGridError)
  expect(() => btc.lots('0.000001')).toThrow(OffGridError)
  expect(btc.lotsWithin('25.42618900')).toBe(2542618)
  expect(btc.wholeLots(123456789n, 8)).toBe(123456)
})
