import { faulty, fine, plainSuite, type Suite, suite } from './suite.ts'

/** Who owns what: shared, moved, hidden, external, and as Federation 1 said it. */
export const sharingSuites: readonly Suite[] = [
  suite(
    'a root that subgraphs share',
    {
      a: 'type Query { product: Product @shareable products: [Product] @shareable } type Product @shareable { id: ID! name: Name category: Category } type Name { brand: String @shareable } type Category { id: ID @shareable }',
      b: 'type Query { product: Product @shareable products: [Product] @shareable } type Product { id: ID! @shareable price: Price name: Name @shareable category: Category @shareable } type Price { amount: Int } type Name { model: String } type Category { label: String }',
    },
    [
      '{ product { id price { amount } } }',
      '{ product { name { brand model } category { id label } } }',
      '{ product { id name { model } } }',
      '{ p: product { category { label } } }',
    ],
  ),
  suite(
    '@shareable',
    {
      a: 'type Query { version: String @shareable a: Item } type Item @key(fields: "id") { id: ID! size: Size @shareable a: Int } type Size @shareable { w: Int h: Int }',
      b: 'type Query { version: String @shareable b: Item } type Item @key(fields: "id") { id: ID! size: Size @shareable b: Int } type Size @shareable { w: Int h: Int }',
    },
    [
      '{ version }',
      '{ a { size { w } b } }',
      '{ a { a } b { b size { h } } version }',
      '{ a { a size { w h } } b { a b } }',
    ],
  ),
  suite(
    '@override',
    {
      old: 'type Query { bills: [Bill!] } type Bill @key(fields: "id") { id: ID! amount: Int due: Int payer: Payer } type Payer @key(fields: "id") { id: ID! name: String }',
      fresh:
        'type Query { bill: Bill } type Bill @key(fields: "id") { id: ID! amount: Int @override(from: "old") payer: Payer @override(from: "old") } type Payer @key(fields: "id") { id: ID! name: String @override(from: "old") age: Int }',
    },
    ['{ bills { amount } }', '{ bills { due amount payer { name } } }', '{ bill { due amount payer { age name } } }'],
  ),
  suite(
    '@override of an implementation’s field, and from a subgraph that is no more',
    {
      a: 'type Query { posts: [Post!] } interface Post { id: ID! at: Int } type Text implements Post @key(fields: "id") { id: ID! at: Int } type Image implements Post @key(fields: "id") { id: ID! at: Int size: Int }',
      b: 'interface Post { id: ID! at: Int } type Text implements Post @key(fields: "id") { id: ID! at: Int @override(from: "a") } type Image implements Post @key(fields: "id") { id: ID! at: Int @override(from: "a") url: String @override(from: "gone") }',
    },
    [
      '{ posts { at } }',
      '{ posts { id at ... on Image { size url } } }',
      '{ posts { ... on Text { at } } }',
      '{ posts { __typename ... on Image { at url } } }',
    ],
  ),
  suite(
    '@inaccessible',
    {
      a: 'type Query { people: [Person!] secret: Int @inaccessible age(unit: Unit = YEARS): Int } type Person @key(fields: "id") @key(fields: "ssn") { id: ID! ssn: ID! @inaccessible name: String inner: Inner @inaccessible } type Inner @inaccessible { a: Int } enum Unit { YEARS MONTHS SECRET @inaccessible }',
      b: 'type Person @key(fields: "ssn") { ssn: ID! @inaccessible tax: Int unit: Unit } enum Unit { YEARS MONTHS SECRET @inaccessible }',
    },
    [
      '{ people { tax } }',
      '{ people { id name tax unit } age }',
      { query: '{ people { ssn } }', expected: faulty(null) },
      { query: '{ secret }', expected: faulty(null) },
      { query: '{ age(unit: SECRET) }', expected: faulty(null) },
      {
        query: '{ people { id unit } }',
        says: {
          a: { data: { people: [{ __typename: 'Person', id: 'i', ssn: 's' }] } },
          b: { data: { _entities: [{ unit: 'SECRET' }] } },
        },
        expected: faulty({ people: [{ id: 'i', unit: null }] }),
      },
    ],
  ),
  suite(
    'inputs and enums that subgraphs share in part',
    {
      a: 'type Query { find(by: By, kind: Kind): Thing } input By { id: ID name: String only: Int } enum Kind { BIG SMALL TINY } type Thing @key(fields: "id") { id: ID! state: State } enum State { ON OFF }',
      b: 'type Query { count(by: By, kind: Kind): Int } input By { id: ID name: String } enum Kind { BIG SMALL } type Thing @key(fields: "id") { id: ID! next: State } enum State { ON OFF LOST }',
    },
    [
      '{ find(by: { id: "1" }, kind: BIG) { state next } count(by: { name: "n" }) }',
      {
        query: 'query($b: By, $k: Kind) { find(by: $b) { next } count(by: $b, kind: $k) }',
        variables: { b: { id: 'x' }, k: 'SMALL' },
      },
      { query: '{ count(kind: TINY) }', expected: faulty(null) },
      { query: '{ find(by: { only: 1 }) { id } }', expected: faulty(null) },
      { query: 'query($k: Kind) { count(kind: $k) }', variables: { k: 'TINY' }, expected: faulty(null) },
    ],
  ),
  plainSuite(
    'entities that Federation 1 extended',
    {
      users: 'type Query { users: [User!] } type User @key(fields: "id") { id: ID! name: String email: String }',
      posts:
        'extend type Query { post: Post } type Post @key(fields: "id") { id: ID! title: String author: User @provides(fields: "name") } extend type User @key(fields: "id") { id: ID! @external name: String @external posts: [Post] }',
      scores:
        'type User @extends @key(fields: "id") { id: ID! @external email: String @external score: Int @requires(fields: "email") }',
    },
    [
      '{ users { posts { title } } }',
      '{ post { author { name } } }',
      '{ post { title author { email score } } }',
      '{ users { id name score posts { author { score } } } }',
    ],
  ),
  suite(
    '@extends and @external as Federation 2 still takes them',
    {
      users:
        'type Query { user: User } type User @key(fields: "id") { id: ID! name: String @shareable rating: Rating } type Rating @key(fields: "id") { id: ID! stars: Int }',
      more: 'type Query { someone: User @provides(fields: "name") } type User @key(fields: "id") @extends { id: ID! @external name: String @external rank: Int } extend type Rating @key(fields: "id") { id: ID! @external label: String }',
    },
    [
      '{ someone { name } }',
      '{ someone { name rank rating { stars label } } }',
      '{ user { rank id rating { l: label } } }',
    ],
  ),
  suite(
    'external fields that are only named',
    {
      a: 'type Query { pieces: [Piece] } type Piece @key(fields: "id") { id: ID! name: String price: Int }',
      b: 'type Query { cheap: Piece } type Piece @key(fields: "id") { id: ID! price: Int @external tag: String @requires(fields: "price") }',
      c: 'type Piece @key(fields: "id", resolvable: false) @key(fields: "id name") { id: ID! name: String @external stock: Int }',
    },
    ['{ pieces { tag } }', '{ cheap { name price tag } }', '{ pieces { stock } }', '{ cheap { stock tag } }'],
  ),
  plainSuite(
    'directives that a supergraph carries along',
    {
      a: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective", "@tag"]) @link(url: "https://example.org/own/v1.0", import: ["@own"]) @composeDirective(name: "@own") directive @own(note: String = "x") on FIELD_DEFINITION | QUERY | FIELD type Query { item: Item @own @tag(name: "t") } type Item @key(fields: "id") { id: ID! a: Int @own(note: "y") }',
      b: 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) type Item @key(fields: "id") { id: ID! b: Int @deprecated(reason: "old") }',
    },
    ['{ item { a b } }', '{ item { b } }', '{ item { a } __typename }'],
  ),
  suite(
    'subgraphs that are away, whose fields alone are missing',
    {
      a: 'type Query { item: Item } type Item @key(fields: "id") { id: ID! a: Int }',
      b: 'type Query { b: Int } type Item @key(fields: "id") { id: ID! b: Int }',
    },
    [
      {
        query: '{ item { a b } b }',
        says: {
          b: { errors: [{ message: 'away', path: [] }] },
          a: { data: { item: { __typename: 'Item', id: '1', a: 3 } } },
        },
        expected: faulty({ item: { a: 3, b: null }, b: null }),
      },
      {
        query: '{ item { a } b }',
        says: { a: { errors: [{ message: 'away', path: [] }] }, b: { data: { b: 1 } } },
        expected: faulty({ item: null, b: 1 }),
      },
      { query: '{ item { b } }', says: { a: { data: { item: null } } }, expected: fine({ item: null }) },
    ],
  ),
]
