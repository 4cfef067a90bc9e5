import { type Suite, suite } from './suite.ts'

const MISTAKES = 'its plan takes what the client asks for under the name of a required field for that field'
const FORGETS = 'its plan forgets what a field requires that other conditions leave out'
const MERGES = 'Apollo’s plan has one field for what two others require with different arguments'

/** Fields that are computed from what other subgraphs know. */
export const requiresSuites: readonly Suite[] = [
  suite(
    '@requires',
    {
      goods:
        'type Query { goods: [Good!]! best: Good } type Good @key(fields: "id") { id: ID! weight: Int price: Int @shareable }',
      post: 'type Good @key(fields: "id") { id: ID! weight: Int @external price: Int @external postage: Int @requires(fields: "weight") label: String @requires(fields: "price weight") }',
    },
    [
      '{ goods { postage } }',
      '{ goods { label postage weight } }',
      '{ best { w: weight postage } }',
      { query: '{ best { weight: price p: postage label } }', stockFails: MISTAKES },
      {
        query: 'query($y: Boolean!) { best { postage @include(if: $y) label @skip(if: $y) } }',
        variables: { y: true },
        stockFails: FORGETS,
      },
      {
        query: 'query($y: Boolean!) { best { postage @include(if: $y) label @skip(if: $y) } }',
        variables: { y: false },
      },
    ],
  ),
  suite(
    '@requires of what is computed itself, through several subgraphs',
    {
      a: 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! base: Int }',
      b: 'type Item @key(fields: "id") { id: ID! base: Int @external net: Int @requires(fields: "base") }',
      c: 'type Item @key(fields: "id") { id: ID! net: Int @external gross: Int @requires(fields: "net") }',
      d: 'type Query { top: Item } type Item @key(fields: "id") { id: ID! net: Int @external gross: Int @external bill: String @requires(fields: "gross net") }',
    },
    [
      '{ items { gross } }',
      '{ items { bill } }',
      '{ top { bill } }',
      '{ top { base net gross bill } }',
      '{ items { b: bill n: net } top { g: gross } }',
    ],
  ),
  suite(
    '@requires that goes back and forth between two subgraphs',
    {
      a: 'type Query { trips: [Trip!] } type Trip @key(fields: "id") { id: ID! miles: Int pace: Int @external hours: Int @requires(fields: "pace") }',
      b: 'type Trip @key(fields: "id") { id: ID! miles: Int @external pace: Int @requires(fields: "miles") hours: Int @external cost: Int @requires(fields: "hours") }',
    },
    ['{ trips { hours } }', '{ trips { cost } }', '{ trips { miles pace hours cost } }'],
  ),
  suite(
    '@requires of an object’s fields, and of a list’s',
    {
      a: 'type Query { boxes: [Box!]! } type Box @key(fields: "id") { id: ID! size: Size lids: [Lid!] } type Size { wide: Int high: Int } type Lid { hue: String hinge: Hinge } type Hinge { metal: String }',
      b: 'type Box @key(fields: "id") { id: ID! size: Size @external lids: [Lid!] @external volume: Int @requires(fields: "size { wide high }") look: String @requires(fields: "lids { hue hinge { metal } }") } type Size { wide: Int @external high: Int @external } type Lid { hue: String @external hinge: Hinge @external } type Hinge { metal: String @external }',
    },
    [
      '{ boxes { volume } }',
      '{ boxes { look } }',
      '{ boxes { look volume size { wide } lids { h: hue } } }',
      '{ boxes { size { w: high } volume } }',
    ],
  ),
  suite(
    '@requires with fragments on a union and an interface',
    {
      a: 'type Query { cards: [Card!] } type Card @key(fields: "id") { id: ID! face: Face back: Back } union Face = Photo | Text type Photo { url: String width: Int } type Text { words: String } interface Back { hue: String } type Plain implements Back { hue: String } type Striped implements Back { hue: String stripes: Int }',
      b: 'type Card @key(fields: "id") { id: ID! face: Face @external back: Back @external alt: String @requires(fields: "face { ... on Photo { url } ... on Text { words } }") ink: Int @requires(fields: "back { __typename hue ... on Striped { stripes } }") } union Face = Photo | Text type Photo { url: String @external } type Text { words: String @external } interface Back { hue: String } type Plain implements Back { hue: String @external } type Striped implements Back { hue: String @external stripes: Int @external }',
    },
    [
      '{ cards { alt } }',
      '{ cards { alt face { __typename ... on Photo { width } } } }',
      '{ cards { id face { ... on Text { words } } a: alt } }',
    ],
  ),
  suite(
    '@requires with arguments',
    {
      a: 'type Query { pays: [Pay!] } type Pay @key(fields: "id") { id: ID! amount(unit: Unit = EUR): Int } enum Unit { EUR USD }',
      b: 'type Pay @key(fields: "id") { id: ID! amount(unit: Unit = EUR): Int @external tax: Int @requires(fields: "amount(unit: USD)") fee: Int @requires(fields: "amount") } enum Unit { EUR USD }',
    },
    [
      '{ pays { tax } }',
      { query: '{ pays { tax fee } }', bothFail: MERGES },
      { query: '{ pays { tax fee amount a: amount(unit: USD) } }', bothFail: MERGES },
      '{ pays { fee } }',
      { query: '{ pays { tax amount } }', stockFails: MISTAKES },
      { query: '{ pays { fee amount(unit: USD) } }', stockFails: MISTAKES },
      '{ pays { a: amount(unit: USD) b: amount tax } }',
    ],
  ),
  suite(
    '@requires behind an entity’s entity',
    {
      shops:
        'type Query { shops: [Shop!] } type Shop @key(fields: "id") { id: ID! till: Till } type Till @key(fields: "id") { id: ID! coins: Int }',
      banks:
        'type Till @key(fields: "id") { id: ID! coins: Int @external worth: Int @requires(fields: "coins") bank: Bank } type Bank @key(fields: "id") { id: ID! city: String }',
      towns:
        'type Bank @key(fields: "id") { id: ID! city: String @external mayor: String @requires(fields: "city") shops: [Shop] } type Shop @key(fields: "id", resolvable: false) { id: ID! }',
    },
    [
      '{ shops { till { worth } } }',
      '{ shops { till { bank { mayor } } } }',
      '{ shops { till { bank { shops { till { worth bank { city } } } } } } }',
    ],
  ),
  suite(
    '@requires of an entity within',
    {
      a: 'type Query { posts: [Post] } type Post @key(fields: "id") { id: ID! writer: Writer } type Writer @key(fields: "id") { id: ID! }',
      b: 'type Writer @key(fields: "id") { id: ID! rank: Int trust: Int }',
      c: 'type Post @key(fields: "id") { id: ID! writer: Writer @external score: Int @requires(fields: "writer { rank }") } type Writer @key(fields: "id") { id: ID! rank: Int @external }',
    },
    ['{ posts { score } }', '{ posts { score writer { trust } } }', '{ posts { writer { r: rank } s: score } }'],
  ),
  suite(
    '@provides',
    {
      news: 'type Query { news: [News!] } type News @key(fields: "id") { id: ID! writer: Writer @provides(fields: "name") desk: Desk @provides(fields: "head { name }") } type Writer @key(fields: "id") { id: ID! name: String @external } type Desk { head: Writer floor: Int }',
      people:
        'type Query { writers: [Writer] } type Writer @key(fields: "id") { id: ID! name: String @shareable age: Int }',
    },
    [
      '{ news { writer { name } } }',
      '{ news { writer { name age } } }',
      '{ news { desk { floor head { name } } } }',
      '{ news { desk { head { age n: name } } } }',
      '{ writers { name age } news { id } }',
    ],
  ),
  suite(
    '@provides on a union and on an interface',
    {
      feed: 'type Query { feed: [Entry] @provides(fields: "... on Song { title }") media: [Media] @provides(fields: "... on Film { title }") } union Entry = Song | Film interface Media { id: ID! } type Song implements Media @key(fields: "id") { id: ID! title: String @external } type Film implements Media @key(fields: "id") { id: ID! title: String @external }',
      titles:
        'type Song @key(fields: "id") { id: ID! title: String @shareable length: Int } type Film @key(fields: "id") { id: ID! title: String @shareable cast: [String!] }',
    },
    [
      '{ feed { ... on Song { title } } }',
      '{ feed { __typename ... on Song { title length } ... on Film { title cast } } }',
      '{ media { id ... on Film { title } } }',
      '{ media { __typename ... on Song { t: title } ... on Film { t: title } } }',
    ],
  ),
  suite(
    '@provides of what another field requires',
    {
      carts:
        'type Query { carts: [Cart!]! } type Cart { lines: [Line!] @provides(fields: "price") } type Line @key(fields: "id") { id: ID! price: Int @external count: Int }',
      prices:
        'type Line @key(fields: "id") { id: ID! price: Int @shareable vat: Int @requires(fields: "count") count: Int @external }',
    },
    ['{ carts { lines { price } } }', '{ carts { lines { vat } } }', '{ carts { lines { price vat count } } }'],
  ),
]
