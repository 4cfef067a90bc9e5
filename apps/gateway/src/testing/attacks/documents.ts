import { parse } from 'graphql'
import { limits } from '../../limits/limits.ts'
import type { Pick } from '../random-operation.ts'
import { type Attack, CODE_OF_SIZE, operation, times } from './attack.ts'

const DEEP = { status: 400, code: 'QUERY_TOO_DEEP' } as const
const INVALID = { status: 400, code: 'GRAPHQL_VALIDATION_FAILED' } as const
const UNREADABLE = { status: 400, code: 'GRAPHQL_PARSE_FAILED' } as const

/** Documents that are small to send and large to serve. */
export function documentAttacks(pick: Pick): Attack[] {
  return [
    ...times(200, () => aliases(pick)),
    ...times(200, () => depth(pick)),
    ...times(150, () => directives(pick)),
    ...times(150, () => cycle(pick)),
    ...times(100, () => multiplied(pick)),
    ...times(150, () => tokens(pick)),
    ...times(150, () => lists(pick)),
    ...times(100, () => unreadable(pick)),
    ...times(100, () => introspection(pick)),
  ]
}

function aliases(pick: Pick): Attack {
  const count = limits.aliases + 1 + pick(300)
  const field = ['__typename', 'markets { symbol }', 'market(symbol: "A") { lot }', 'account { owner }'][pick(4)]
  const all = times(count, (i) => `a${i}: ${field}`).join(' ')
  const text = [`{ ${all} }`, `query Q { ...F } fragment F on Query { ${all} }`, `{ ... on Query { ${all} } }`][pick(3)]
  return operation(`${count} aliases of ${field}`, text ?? '', CODE_OF_SIZE)
}

function depth(pick: Pick): Attack {
  const levels = limits.depth + 1 + pick(150)
  const nested = (inner: string) => `${`market(symbol: "A") { `.repeat(levels)}${inner}${' }'.repeat(levels)}`
  const spread = times(levels, (i) => `fragment F${i} on Query { market(symbol: "A") { ...F${i + 1} } }`).join(' ')
  const text = [
    `{ ${nested('symbol')} }`,
    `{ ${'... on Query { market(symbol: "A") { '.repeat(levels)} symbol ${'} }'.repeat(levels)} }`,
    `{ ...F0 } ${spread} fragment F${levels} on Market { symbol }`,
    `{ __schema { types { ${'ofType { '.repeat(limits.introspectionDepth + levels)} name ${'} '.repeat(limits.introspectionDepth + levels)} } } }`,
  ][pick(4)]
  // The longest of them have too many tokens before anybody counts their levels.
  return operation(`${levels} levels`, text ?? '', isTooLong(text ?? '') ? CODE_OF_SIZE : DEEP)
}

function isTooLong(text: string): boolean {
  try {
    parse(text, { maxTokens: limits.tokens })
    return false
  } catch {
    return true
  }
}

function directives(pick: Pick): Attack {
  const count = limits.directives + 1 + pick(300)
  const all = ['@skip(if: false) ', '@include(if: true) ', '@unknown ', '@deprecated '][pick(4)]?.repeat(count)
  const text = [`{ __typename ${all} }`, `query Q ${all} { __typename }`, `{ ... on Query ${all} { __typename } }`][
    pick(3)
  ]
  return operation(`${count} directives`, text ?? '', CODE_OF_SIZE)
}

function cycle(pick: Pick): Attack {
  const width = 1 + pick(3)
  // Wider and longer ones are refused for their size before anybody looks for a cycle.
  const length = 1 + pick(width === 1 ? 40 : 8)
  const spreads = (i: number) => times(width, (n) => `...C${(i + 1 + n) % length}`).join(' ')
  const fragments = times(length, (i) => `fragment C${i} on Query { __typename ${spreads(i)} }`).join(' ')
  return operation(`a cycle of ${length} fragments`, `{ ...C0 } ${fragments}`, INVALID)
}

function multiplied(pick: Pick): Attack {
  const levels = 10 + pick(20)
  const width = 2 + pick(3)
  const spread = (i: number) => times(width, () => `...M${i + 1} `).join('')
  const inner = times(levels, (i) => `fragment M${i} on Query { __typename ${spread(i)} }`).join(' ')
  const last = `fragment M${levels} on Query { ${times(20, () => 'markets { symbol }').join(' ')} }`
  return operation(`${width}^${levels} fields by fragments`, `{ ...M0 } ${inner} ${last}`, CODE_OF_SIZE)
}

function tokens(pick: Pick): Attack {
  const count = limits.tokens + pick(20_000)
  const text = [
    `{ ${'__typename '.repeat(count)} }`,
    `{ market(symbol: "A", list: [${'1 '.repeat(count)}]) { symbol } }`,
    `query (${times(Math.ceil(count / 4), (i) => `$v${i}: Int`).join(' ')}) { __typename }`,
    `{ ${'a { '.repeat(count)}`,
    `${'query { __typename } '.repeat(Math.ceil(count / 4))}`,
  ][pick(5)]
  return operation(`${count} tokens`, text ?? '', CODE_OF_SIZE)
}

function lists(pick: Pick): Attack {
  const first = limits.cost + 1 + pick(1_000_000)
  const literal = operation(`a list of ${first}`, `{ listed(first: ${first}) { symbol } }`, CODE_OF_SIZE)
  const aliased = `query ($n: Int = ${first}) { ${times(5, (i) => `a${i}: listed(first: $n) { lot }`).join(' ')} }`
  const beyond = `{ listed(first: ${2 ** 31 + first}) { symbol } }`
  return (
    [
      literal,
      operation(`a list of ${first} by variable`, 'query ($n: Int) { listed(first: $n) { symbol } }', CODE_OF_SIZE, {
        variables: { n: first },
      }),
      operation(`five lists of ${first} by default`, aliased, CODE_OF_SIZE),
      operation('a length beyond all integers', beyond, INVALID),
      operation('a length of no integer', 'query ($n: Int) { listed(first: $n) { symbol } }', BAD_VARIABLE, {
        variables: { n: [['1'], { n: 1 }, '9'.repeat(1 + pick(400)), 1.5, true][pick(5)] },
      }),
    ][pick(5)] ?? literal
  )
}

const BAD_VARIABLE = { status: 400, code: 'BAD_USER_INPUT' } as const

function unreadable(pick: Pick): Attack {
  const junk = [
    '{',
    '}',
    '{ a',
    '"',
    '"""',
    '{ a(b: ) }',
    'fragment',
    '{ ...on }',
    '\u0000',
    '{ a: }',
    '#',
    '{ "a" }',
    '{ $a }',
    '@',
  ]
  const text = `${junk[pick(junk.length)]}${['', ' ', '\n', '\u{feff}', ' \u0007'][pick(5)]}${'{'.repeat(pick(50))}`
  return operation(`a document that is ${JSON.stringify(text.slice(0, 12))}`, text, UNREADABLE)
}

function introspection(pick: Pick): Attack {
  const width = 8 + pick(15)
  const wide = (inner: string) => times(Math.min(width, 9), (i) => `w${i}: ${inner}`).join(' ')
  const text = `{ __schema { ${wide('types { ...A }')} } }
    fragment A on __Type { ${wide('fields { ...B }')} }
    fragment B on __Field { ${wide('type { fields { type { fields { name } } } }')} }`
  return operation(`introspection ${width} times within itself`, text, CODE_OF_SIZE)
}
