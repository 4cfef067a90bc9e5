import { faulty, fine, type Suite, suite } from './suite.ts'

/** Where operations begin, what they leave out, and how nulls go up. */
export const rootSuites: readonly Suite[] = [
  suite(
    'the name of the type',
    {
      a: 'type Query { one: One any: [Any] node: Node } union Any = One | Two interface Node { id: ID! } type One implements Node @key(fields: "id") { id: ID! a: Int } type Two implements Node @key(fields: "id") { id: ID! }',
      b: 'type One @key(fields: "id") { id: ID! b: Int } type Two @key(fields: "id") { id: ID! b: Int }',
    },
    [
      '{ __typename }',
      '{ a: __typename b: __typename one { t: __typename } }',
      '{ any { __typename ... on One { b } } }',
      '{ node { x: __typename ... on Two { __typename b } } }',
      'query { ...Q } fragment Q on Query { __typename one { __typename b } }',
    ],
  ),
  suite(
    'mutations, one after another',
    {
      a: 'type Query { a: Int } type Mutation { addA(n: Int!): Entry! } type Entry @key(fields: "id") { id: ID! a: Int }',
      b: 'type Mutation { addB(n: Int!): Entry bump(by: Int = 2): Int! } type Entry @key(fields: "id") { id: ID! b: Int }',
    },
    [
      'mutation { addA(n: 1) { a } }',
      'mutation { addA(n: 1) { a b } }',
      'mutation { x: addA(n: 1) { b } y: addB(n: 2) { a b } z: addA(n: 3) { id } }',
      'mutation { bump a: bump(by: 3) addA(n: 1) { a } b: bump(by: 4) }',
      { query: 'mutation($n: Int!) { addB(n: $n) { a } }', variables: { n: 7 } },
    ],
  ),
  suite(
    '@include and @skip',
    {
      a: 'type Query { item: Item other: Item } type Item @key(fields: "id") { id: ID! a: Int part: Part } type Part { x: Int y: Int }',
      b: 'type Item @key(fields: "id") { id: ID! a: Int @external b: Int c: Int @requires(fields: "a") }',
    },
    [
      ...[true, false].flatMap((y) => [
        { query: 'query($y: Boolean!) { item { a b @include(if: $y) } }', variables: { y } },
        { query: 'query($y: Boolean!) { item { b @skip(if: $y) c } }', variables: { y } },
        { query: 'query($y: Boolean!) { item @include(if: $y) { b } other @skip(if: $y) { c } }', variables: { y } },
        {
          query:
            'query($y: Boolean!, $n: Boolean = false) { item { ... @include(if: $y) { b part { x } } ... @skip(if: $n) { part { y } } } }',
          variables: { y },
        },
        {
          query: 'query($y: Boolean!) { item { ...F @include(if: $y) id } } fragment F on Item { c b @skip(if: $y) }',
          variables: { y },
        },
      ]),
      '{ item { a b @include(if: false) c @skip(if: true) } }',
      '{ item { b @include(if: true) } other @skip(if: true) { id } }',
    ],
  ),
  suite(
    'fields that merge, and names that differ',
    {
      a: 'type Query { item(of: Int): Item items(first: Int = 2): [[Item]!] } type Item @key(fields: "id") { id: ID! a(x: Int): Int sub: Sub } type Sub @key(fields: "id") { id: ID! s: Int }',
      b: 'type Item @key(fields: "id") { id: ID! b(x: Int): Int } type Sub @key(fields: "id") { id: ID! t: Int }',
    },
    [
      '{ item { sub { s } } item { sub { t } b } }',
      '{ item { a1: a(x: 1) a2: a(x: 2) b1: b(x: 1) b2: b(x: 2) } }',
      '{ x: item(of: 1) { b } y: item(of: 2) { b } }',
      '{ items { b sub { t } } }',
      '{ item { ...A ...B } } fragment A on Item { sub { t } } fragment B on Item { sub { s } b }',
      { query: 'query($f: Int) { items(first: $f) { b(x: $f) } }', variables: { f: null } },
    ],
  ),
  suite(
    'nulls where none may be',
    {
      a: 'type Query { list: [Item!] items: [Item!]! item: Item } type Item @key(fields: "id") { id: ID! a: Int must: Int! inner: Inner } type Inner { must: Int! may: Int }',
      b: 'type Item @key(fields: "id") { id: ID! b: Int! c: Int deep: Deep } type Deep { list: [Int!]! all: [[Int!]] }',
    },
    [
      {
        query: '{ item { a b } }',
        says: { a: { data: { item: item('1') } }, b: { data: { _entities: [{ b: null }] } } },
        expected: faulty({ item: null }),
      },
      {
        query: '{ list { a b } }',
        says: { a: { data: { list: [item('1'), item('2')] } }, b: { data: { _entities: [{ b: 1 }, { b: null }] } } },
        expected: faulty({ list: null }),
      },
      {
        query: '{ items { a b } item { a } }',
        says: {
          a: { data: { items: [item('1')], item: item('2') } },
          b: { errors: [{ message: 'away', path: [] }] },
        },
        expected: faulty(null),
      },
      {
        query: '{ item { a c } }',
        says: { a: { data: { item: item('1') } }, b: { data: { _entities: [{ c: null }] } } },
        expected: fine({ item: { a: 1, c: null } }),
      },
      {
        query: '{ item { deep { all } c } }',
        says: {
          a: { data: { item: item('1') } },
          b: { data: { _entities: [{ c: 2, deep: { all: [[1], [null], null] } }] } },
        },
        expected: faulty({ item: { deep: { all: [[1], null, null] }, c: 2 } }),
      },
      {
        query: '{ item { deep { list } c } }',
        says: { a: { data: { item: item('1') } }, b: { data: { _entities: [{ c: 2, deep: { list: [1, null] } }] } } },
        expected: faulty({ item: { deep: null, c: 2 } }),
      },
      {
        query: '{ item { a inner { may } must } }',
        says: {
          a: {
            data: { item: null },
            errors: [{ message: 'must is missing', path: ['item', 'must'] }],
          },
        },
        expected: faulty({ item: null }),
      },
      {
        query: '{ list { a } item { inner { may } } }',
        says: { a: { data: { list: null, item: { inner: { may: null } } } } },
        expected: fine({ list: null, item: { inner: { may: null } } }),
      },
    ],
  ),
  suite(
    'arguments, defaults and inputs',
    {
      a: 'type Query { find(by: By = { n: 1 }, list: [Int!] = [1, 2], when: JSON): [Hit!] } input By { n: Int = 5 name: String deep: By } scalar JSON type Hit @key(fields: "id") { id: ID! echo(by: By, ids: [ID!]): String }',
      b: 'type Hit @key(fields: "id") { id: ID! more(by: More!): Int } input More { at: At! = LEFT all: [At!] } enum At { LEFT RIGHT }',
    },
    [
      '{ find { echo } }',
      '{ find(by: { deep: { name: "a\\"b\\n" } }, list: [], when: { a: [1, "x", null] }) { more(by: {}) } }',
      {
        query: 'query($b: By, $m: More!) { find(by: $b) { echo(by: $b) more(by: $m) } }',
        variables: { b: { name: 'é', deep: { n: null } }, m: { at: 'RIGHT', all: ['LEFT'] } },
      },
      {
        query: 'query($a: At! = RIGHT, $j: JSON) { find(when: $j) { more(by: { at: $a, all: [$a, LEFT] }) } }',
        variables: { j: { k: [true] } },
      },
      { query: 'query($i: [ID!]) { find { echo(ids: $i) } }', variables: { i: ['1', '2'] } },
      { query: 'query($i: [ID!]) { find { echo(ids: $i) } }', variables: { i: 'alone' } },
      { query: 'query($m: More!) { find { more(by: $m) } }', variables: { m: { at: 'UP' } }, expected: faulty(null) },
    ],
  ),
]

function item(id: string) {
  return { __typename: 'Item', id, a: Number(id) }
}
