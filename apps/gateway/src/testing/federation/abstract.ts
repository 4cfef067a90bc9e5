import { plainSuite, type Suite, suite } from './suite.ts'

const OBJECTS =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@interfaceObject"])\n'

/** Interfaces, interface objects and unions. */
export const abstractSuites: readonly Suite[] = [
  suite(
    'an interface whose implementations are entities',
    {
      zoo: 'type Query { animals: [Animal!]! animal(id: ID!): Animal } interface Animal { id: ID! name: String } type Cat implements Animal @key(fields: "id") { id: ID! name: String lives: Int } type Dog implements Animal @key(fields: "id") { id: ID! name: String tricks: [String!] }',
      vets: 'type Cat @key(fields: "id") { id: ID! weight: Int vet: Vet } type Dog @key(fields: "id") { id: ID! weight: Float vet: Vet } type Vet @shareable { name: String! }',
    },
    [
      '{ animals { id name __typename } }',
      '{ animals { ... on Cat { weight } ... on Dog { heft: weight } } }',
      '{ animal(id: "a") { ... on Cat { lives vet { name } } ... on Dog { tricks vet { name } } } }',
      'query { animals { ...A ... on Dog { id } } } fragment A on Animal { name ... on Cat { vet { name } } }',
    ],
  ),
  suite(
    'an interface that two subgraphs know with fields of their own',
    {
      a: 'type Query { stores: [Store] } interface Store { id: ID! city: String } type Stall implements Store @key(fields: "id") { id: ID! city: String } type Mall implements Store @key(fields: "id") { id: ID! city: String floors: Int }',
      b: 'interface Store { id: ID! rent: Int } type Stall implements Store @key(fields: "id") { id: ID! rent: Int } type Mall implements Store @key(fields: "id") { id: ID! rent: Int lots: Int }',
    },
    [
      '{ stores { rent } }',
      '{ stores { city rent __typename } }',
      '{ stores { id ... on Mall { lots floors rent } } }',
      '{ stores { ... on Store { r: rent } ... on Stall { city } } }',
    ],
  ),
  suite(
    'interfaces of interfaces',
    {
      a: 'type Query { shapes: [Shape] round: [Round!] } interface Shape { id: ID! } interface Round implements Shape { id: ID! radius: Int } type Ball implements Round & Shape @key(fields: "id") { id: ID! radius: Int } type Cube implements Shape @key(fields: "id") { id: ID! edge: Int }',
      b: 'type Ball @key(fields: "id") { id: ID! bounce: Int } type Cube @key(fields: "id") { id: ID! corners: Int }',
    },
    [
      '{ shapes { id ... on Round { radius } } }',
      '{ round { ... on Shape { id ... on Ball { bounce } } } }',
      '{ shapes { ... on Round { ... on Ball { bounce radius } } ... on Cube { corners edge } } }',
    ],
  ),
  suite(
    'fragments that cannot apply, or apply in several ways',
    {
      a: 'type Query { pets: [Pet] one: Cat } interface Pet { name: String } interface Furry { fur: String } type Cat implements Pet & Furry @key(fields: "id") { id: ID! name: String fur: String } type Fish implements Pet @key(fields: "id") { id: ID! name: String }',
      b: 'type Cat @key(fields: "id") { id: ID! age: Int } type Fish @key(fields: "id") { id: ID! age: Int }',
    },
    [
      '{ pets { ... on Furry { fur } } }',
      '{ pets { ... on Furry { ... on Cat { age } } ... on Fish { age } } }',
      '{ one { ... on Pet { name } ... on Furry { fur ... on Cat { age } } } }',
      '{ pets { __typename ... on Cat { __typename t: __typename id } } }',
    ],
  ),
  plainSuite(
    '@interfaceObject',
    {
      media: `${OBJECTS}type Query { media: [Media!] book: Book } interface Media @key(fields: "id") { id: ID! title: String } type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int } type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }`,
      votes: `${OBJECTS}type Query { winner: Media } type Media @key(fields: "id") @interfaceObject { id: ID! votes: Int voters(first: Int = 2): [Voter!] } type Voter @key(fields: "id") { id: ID! name: String favourite: Media }`,
    },
    [
      '{ media { id votes } }',
      '{ media { title votes ... on Book { pages votes } } }',
      '{ book { votes pages voters { name } } }',
      '{ winner { votes } }',
      '{ winner { title id } }',
      '{ winner { __typename title votes } }',
      '{ winner { votes ... on Film { minutes } ... on Book { pages title } } }',
      '{ book { voters { favourite { title votes } } } }',
    ],
  ),
  plainSuite(
    '@interfaceObject with @requires',
    {
      a: `${OBJECTS}type Query { users: [User] } interface User @key(fields: "id") { id: ID! first: String last: String } type Member implements User @key(fields: "id") { id: ID! first: String last: String since: Int } type Guest implements User @key(fields: "id") { id: ID! first: String last: String }`,
      b: `${OBJECTS}type Query { anyone: User } type User @key(fields: "id") @interfaceObject { id: ID! first: String @external last: String @external full: String @requires(fields: "first last") }`,
    },
    [
      '{ users { full } }',
      '{ users { first full ... on Member { since full } } }',
      '{ anyone { full } }',
      '{ anyone { id full last } }',
    ],
  ),
  plainSuite(
    '@interfaceObject that a third subgraph reaches, and that reaches further',
    {
      base: `${OBJECTS}type Query { nodes: [Node!] } interface Node @key(fields: "id") { id: ID! } type Leaf implements Node @key(fields: "id") { id: ID! hue: String } type Root implements Node @key(fields: "id") { id: ID! depth: Int }`,
      x: `${OBJECTS}type Node @key(fields: "id") @interfaceObject { id: ID! x: Int peer: Node }`,
      y: `${OBJECTS}type Query { from: Node } type Node @key(fields: "id") @interfaceObject { id: ID! y: Int near: [Node!] }`,
    },
    [
      '{ nodes { x y } }',
      '{ from { x y } }',
      '{ from { near { x y } } }',
      '{ nodes { near { near { id } y } } }',
      '{ from { ... on Leaf { hue x } ... on Root { depth y } } }',
    ],
  ),
  plainSuite(
    '@interfaceObject that cannot be resolved where it stands',
    {
      a: `${OBJECTS}type Query { product: Product } type Product @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }`,
      b: `${OBJECTS}type Query { first: Bread } interface Product @key(fields: "id") { id: ID! name: String price: Int } type Bread implements Product @key(fields: "id") { id: ID! name: String price: Int flour: String }`,
    },
    [
      '{ product { id } }',
      '{ product { name price } }',
      '{ product { __typename ... on Bread { flour } } }',
      '{ first { name price } product { id } }',
    ],
  ),
  suite(
    'a union of entities',
    {
      a: 'type Query { found: [Found] one: Found } union Found = Song | Band type Song @key(fields: "id") { id: ID! title: String } type Band @key(fields: "id") { id: ID! name: String }',
      b: 'type Song @key(fields: "id") { id: ID! length: Int band: Band } type Band @key(fields: "id") { id: ID! members: Int hit: Song }',
    },
    [
      '{ found { __typename } }',
      '{ found { ... on Song { length } } }',
      '{ found { ... on Song { title band { name members } } ... on Band { hit { title length } } } }',
      '{ one { ... on Band { id } ... on Song { a: id b: length } } }',
    ],
  ),
  suite(
    'a union of which subgraphs know different members',
    {
      a: 'type Query { media: Media list: [Media!] } union Media = Book | Song type Book @key(fields: "id") { id: ID! title: String @shareable } type Song @key(fields: "id") { id: ID! title: String @shareable }',
      b: 'type Query { film: Film any: Any } union Media = Film | Book union Any = Film | Book type Film @key(fields: "id") { id: ID! title: String @shareable } type Book @key(fields: "id") { id: ID! title: String @shareable pages: Int }',
    },
    [
      '{ media { __typename } }',
      '{ list { ... on Book { title pages } ... on Song { title } } }',
      '{ film { title } any { ... on Film { title } ... on Book { pages } } }',
    ],
  ),
  suite(
    'a union of members with an interface',
    {
      a: 'type Query { parts: [Part] } union Part = Bolt | Nut interface Metal { alloy: String } type Bolt implements Metal @key(fields: "id") { id: ID! alloy: String } type Nut implements Metal @key(fields: "id") { id: ID! alloy: String }',
      b: 'interface Priced { price: Int } type Bolt implements Priced @key(fields: "id") { id: ID! price: Int } type Nut implements Priced @key(fields: "id") { id: ID! price: Int }',
    },
    [
      '{ parts { ... on Metal { alloy } } }',
      '{ parts { ... on Priced { price } } }',
      '{ parts { ... on Metal { alloy ... on Priced { price } } __typename } }',
      '{ parts { ... on Bolt { price } ... on Metal { a: alloy } } }',
    ],
  ),
  suite(
    'children that are of different nullability or of a narrower type in some subgraphs',
    {
      a: 'type Query { users: [Account!]! } union Account = User | Admin type User @key(fields: "id") { id: ID! name: String @shareable } type Admin @key(fields: "id") { id: ID! name: String @shareable }',
      b: 'type Query { admins: [Admin] } type User @key(fields: "id") { id: ID! name: String! @shareable boss: Admin } type Admin @key(fields: "id") { id: ID! name: String! @shareable team: [User!] }',
    },
    [
      '{ users { ... on User { id name } ... on Admin { id name } } }',
      '{ users { ... on User { boss { name } } ... on Admin { team { name boss { id } } } } }',
      '{ admins { id name team { n: name } } }',
    ],
  ),
]
