import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@interfaceObject"])\n`

/** A graph that uses what federation has: several and nested keys, requires, provides, interfaces, interface objects, unions, shareable and overridden fields. */
const subgraphs: Readonly<Record<string, string>> = {
  catalog: `
    type Query {
      product(id: ID!): Product
      products(first: Int = 3, kinds: [Kind!]): [Product!]!
      shelves: [[Product]!]
      node(id: ID!): Node
      search(text: String = "a"): [Found]
      media: [Media]
      medium(id: ID!): Media
      best: Product!
      version: String @shareable
    }
    type Mutation { addProduct(name: String!): Product addCategory(name: String!): Category }
    interface Node { id: ID! }
    type Product implements Node @key(fields: "id") @key(fields: "upc") {
      id: ID!
      upc: String!
      name: String!
      price: Int
      weight: Int
      size: Size @shareable
      category: Category
      kind: Kind
      tags: [String!]
      matrix: [[Int]]
      related(first: Int = 2): [Product]
      open: JSON
      maker: Maker
      hidden: String @inaccessible
    }
    type Size @shareable { width: Int! unit: Unit }
    enum Unit { CM INCH }
    enum Kind { BOOK TOY FOOD HIDDEN @inaccessible }
    scalar JSON
    type Category implements Node @key(fields: "id") { id: ID! title: String! parent: Category products(first: Int = 2): [Product] }
    type Maker @key(fields: "name country { code }") { name: String! country: Country! motto: String }
    type Country { code: String! }
    interface Media @key(fields: "id") { id: ID! title: String length: Int! }
    type Book implements Media @key(fields: "id") { id: ID! title: String! length: Int! pages: Int author: Author }
    type Film implements Media @key(fields: "id") { id: ID! title: String length: Int! minutes: Int director: Author }
    type Author @key(fields: "id") { id: ID! name: String @shareable pen: String }
    union Found = Product | Category | Book | Author
  `,
  inventory: `
    type Query { warehouses: [Warehouse!] version: String @shareable }
    type Mutation { stock(upc: String!, count: Int!): Product }
    type Product @key(fields: "upc") {
      upc: String!
      price: Int @external
      weight: Int @external
      size: Size @external
      inStock: Boolean
      shipping: String @requires(fields: "price weight")
      box: String @requires(fields: "size { width unit }")
      warehouse: Warehouse
      must: Int!
    }
    type Size { width: Int! @shareable unit: Unit @shareable }
    enum Unit { CM INCH }
    type Warehouse @key(fields: "id") { id: ID! city: String! stocked: [Product] }
  `,
  reviews: `
    type Query { review(id: ID!): Review latest(first: Int = 2): [Review]! }
    type Mutation { addReview(product: ID!, stars: Int = 3): Review! }
    type Product @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review!] rating: Float critics: [Author] }
    type Review @key(fields: "id") { id: ID! stars: Int! body: String author: Author @provides(fields: "name") about: Subject product: Product }
    union Subject = Product | Author
    type Author @key(fields: "id") { id: ID! name: String @external pen: String @override(from: "catalog") reviews: [Review] grade: Int! }
    type Media @key(fields: "id") @interfaceObject { id: ID! score: Int acclaim: String reviewed: [Review!] }
  `,
  makers: `
    type Maker @key(fields: "name country { code }") { name: String! country: Country! employees: Int founder: Author }
    type Country { code: String! @shareable }
    type Author @key(fields: "id", resolvable: false) { id: ID! }
    type Category @key(fields: "id") { id: ID! makers: [Maker!]! }
  `,
}

/** @throws Error naming what does not compose. */
export function shopSupergraph(): string {
  const composed = composeServices(
    Object.entries(subgraphs).map(([name, sdl]) => ({
      name,
      url: `http://${name}/graphql`,
      typeDefs: parse(LINK + sdl),
    })),
  )
  if (composed.errors) throw new Error(composed.errors.map(({ message }) => message).join('\n'))
  return composed.supergraphSdl
}
