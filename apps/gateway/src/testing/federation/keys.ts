import { faulty, fine, type Suite, suite } from './suite.ts'

/** Entities, and the ways from one subgraph to another. */
export const keySuites: readonly Suite[] = [
  suite(
    'a key',
    {
      songs:
        'type Query { songs: [Song!]! song(id: ID!): Song } type Song @key(fields: "id") { id: ID! title: String }',
      charts: 'type Song @key(fields: "id") { id: ID! rank: Int plays(since: Int = 3): Int! }',
    },
    [
      '{ songs { rank } }',
      '{ songs { id title rank plays } song(id: "x") { plays(since: 9) a: plays(since: 1) } }',
      { query: 'query($i: ID!, $s: Int) { song(id: $i) { title plays(since: $s) } }', variables: { i: 'y', s: 4 } },
      { query: 'query($i: ID!, $s: Int = 8) { song(id: $i) { plays(since: $s) } }', variables: { i: 'y' } },
      '{ a: songs { a: rank b: rank } b: songs { a: title } }',
    ],
  ),
  suite(
    'several keys of one type, of which each subgraph knows some',
    {
      shop: 'type Query { books: [Book!] } type Book @key(fields: "id") { id: ID! price: Int }',
      library: 'type Book @key(fields: "id") @key(fields: "isbn") { id: ID! isbn: String! shelf: String }',
      press:
        'type Query { newest: Book } type Book @key(fields: "isbn") { isbn: String! pages: Int author: Author } type Author @key(fields: "id") { id: ID! name: String }',
      people:
        'type Author @key(fields: "id") { id: ID! born: Int books: [Book] } type Book @key(fields: "id", resolvable: false) { id: ID! }',
    },
    [
      '{ books { pages } }',
      '{ newest { price } }',
      '{ newest { price shelf pages isbn id } }',
      '{ books { author { born name } } }',
      '{ newest { author { books { pages price shelf } } } }',
      '{ books { author { books { author { name } } } } }',
    ],
  ),
  suite(
    'keys of several fields',
    {
      fleet:
        'type Query { ships: [Ship] } type Ship @key(fields: "line number") { line: String! number: String! name: String }',
      ports:
        'type Query { berths: [Berth!]! } type Berth { ship: Ship until: Int } type Ship @key(fields: "line number") { line: String! number: String! port: String }',
    },
    [
      '{ ships { port } }',
      '{ berths { until ship { name } } }',
      '{ berths { ship { line } } ships { number name port } }',
    ],
  ),
  suite(
    'keys with an object in them',
    {
      staff:
        'type Query { people: [Person!]! } type Person @key(fields: "badge { code }") { badge: Badge! name: String } type Badge { code: String! }',
      doors:
        'type Person @key(fields: "badge { code }") { badge: Badge! doors: [String!] friend: Person } type Badge { code: String! colour: String @shareable }',
    },
    [
      '{ people { doors } }',
      '{ people { name badge { code } friend { name doors } } }',
      '{ people { badge { c: code } f: friend { b: badge { code } } } }',
    ],
  ),
  suite(
    'keys that are entities themselves, or lists of them',
    {
      bands:
        'type Query { bands: [Band] } type Band @key(fields: "leader { id }") { leader: Member! name: String } type Member @key(fields: "id") { id: ID! voice: String }',
      tours:
        'type Query { sets: [Set!] } type Band @key(fields: "leader { id }") { leader: Member! cities: [String] } type Member @key(fields: "id") { id: ID! } type Set @key(fields: "songs { id }") { songs: [Song!]! length: Int } type Song @key(fields: "id") { id: ID! }',
      notes:
        'type Set @key(fields: "songs { id }") { songs: [Song!]! sheet: String first: Song } type Song @key(fields: "id") { id: ID! key: String }',
    },
    [
      '{ bands { cities } }',
      '{ bands { name leader { voice } cities } }',
      '{ sets { sheet } }',
      '{ sets { length first { key } songs { key id } } }',
    ],
  ),
  suite(
    'a mixture of keys, one leading to the next',
    {
      a: 'type Query { roots: [Node!]! } type Node @key(fields: "id") { id: ID! a: Int }',
      b: 'type Node @key(fields: "id") @key(fields: "code { value } zone") { id: ID! code: Code! zone: String! b: Int } type Code { value: String! }',
      c: 'type Node @key(fields: "code { value } zone") @key(fields: "tag") { code: Code! zone: String! tag: String! c: Int } type Code { value: String! }',
      d: 'type Query { ends: [Node] } type Node @key(fields: "tag") { tag: String! d: Int back: Node }',
    },
    [
      '{ roots { d } }',
      '{ roots { a b c d } }',
      '{ ends { a } }',
      '{ ends { back { back { a } c } } }',
      '{ roots { back { b code { value } } } }',
      '{ r: roots { x: d code { y: value } } }',
    ],
  ),
  suite(
    'references that cannot be resolved where they stand',
    {
      orders:
        'type Query { orders: [Order!]! } type Order @key(fields: "id") { id: ID! buyer: Buyer! } type Buyer @key(fields: "id", resolvable: false) { id: ID! }',
      buyers:
        'type Query { buyers: [Buyer] } type Buyer @key(fields: "id") { id: ID! name: String! last: Order } type Order @key(fields: "id", resolvable: false) { id: ID! }',
    },
    [
      '{ orders { buyer { id } } }',
      '{ orders { buyer { name } } }',
      '{ buyers { last { buyer { last { id } name } } } }',
    ],
  ),
  suite(
    'entities that refer to each other in a circle, through an interface too',
    {
      left: 'type Query { left: Left being: Being } interface Being { id: ID! other: Being } type Left implements Being @key(fields: "id") { id: ID! other: Right size: Int } type Right implements Being @key(fields: "id") { id: ID! other: Left }',
      right:
        'type Right @key(fields: "id") { id: ID! weight: Int mirror: Left } type Left @key(fields: "id") { id: ID! hue: String }',
    },
    [
      '{ left { other { other { other { weight } hue } } } }',
      '{ being { id other { id other { id } } } }',
      '{ being { other { ... on Left { hue size } ... on Right { weight mirror { hue } } } } }',
    ],
  ),
  suite(
    'objects without a key, whose parents are asked for again',
    {
      goods:
        'type Query { goods: [Good!]! } type Good @key(fields: "id") { id: ID! sort: Sort @shareable } type Sort { label: String @shareable }',
      parts:
        'type Good @key(fields: "id") { id: ID! sort: Sort @shareable } type Sort { details: Details }  type Details { parts: Int }',
      costs:
        'type Good @key(fields: "id") { id: ID! sort: Sort @shareable } type Sort { cost: Cost label: String @shareable } type Cost { net: Int gross: Int }',
    },
    [
      '{ goods { sort { details { parts } } } }',
      '{ goods { sort { label details { parts } cost { net } } } }',
      '{ goods { id sort { cost { gross } } } }',
      '{ goods { s: sort { c: cost { g: gross } d: details { p: parts } } } }',
    ],
  ),
  suite(
    'keys that are null',
    {
      a: 'type Query { rows: [Row] } type Row @key(fields: "id") @key(fields: "code") { id: ID code: ID label: String }',
      b: 'type Row @key(fields: "id") { id: ID size: Int }',
      c: 'type Row @key(fields: "code") { code: ID depth: Int }',
    },
    [
      {
        query: '{ rows { label size } }',
        says: {
          a: { data: { rows: [row({ id: null, label: 'one' }), row({ id: 'i', label: 'two' })] } },
          b: { data: { _entities: [null, { size: 5 }] } },
        },
        expected: fine({
          rows: [
            { label: 'one', size: null },
            { label: 'two', size: 5 },
          ],
        }),
      },
      {
        query: '{ rows { label depth } }',
        says: {
          a: { data: { rows: [null, row({ code: 'x', label: 'n' })] } },
          c: { data: { _entities: [{ depth: 2 }] } },
        },
        expected: fine({ rows: [null, { label: 'n', depth: 2 }] }),
      },
      {
        query: '{ rows { label size } }',
        says: { a: { data: { rows: null } } },
        expected: fine({ rows: null }),
      },
      {
        query: '{ rows { label size } }',
        says: { a: { data: { rows: [] } } },
        expected: fine({ rows: [] }),
      },
    ],
  ),
  suite(
    'entities that a subgraph does not know, or cannot tell of',
    {
      a: 'type Query { thing: Thing things: [Thing!]! } type Thing @key(fields: "id") { id: ID! name: String }',
      b: 'type Thing @key(fields: "id") { id: ID! size: Int must: Int! }',
    },
    [
      {
        query: '{ thing { name size } }',
        says: { a: { data: { thing: thing('1') } }, b: { data: { _entities: [null] } } },
        expected: fine({ thing: { name: 'n1', size: null } }),
      },
      {
        query: '{ things { name must } }',
        says: { a: { data: { things: [thing('1')] } }, b: { data: { _entities: [null] } } },
        expected: faulty(null),
      },
      {
        query: '{ thing { name size } }',
        says: { a: { data: { thing: thing('1') } }, b: { errors: [{ message: 'away', path: [] }] } },
        expected: faulty({ thing: { name: 'n1', size: null } }),
      },
      {
        query: '{ thing { name size } }',
        says: {
          a: { data: { thing: thing('1') } },
          b: { data: { _entities: [null] }, errors: [{ message: 'no id like that', path: ['_entities', 0] }] },
        },
        expected: faulty({ thing: { name: 'n1', size: null } }),
      },
    ],
  ),
]

function row(fields: object) {
  return { __typename: 'Row', ...fields }
}

function thing(id: string) {
  return { __typename: 'Thing', id, name: `n${id}` }
}
