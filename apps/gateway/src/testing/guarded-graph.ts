/** A graph with a rule of every kind in every place that may carry one, in the gateway's own tests. */
export const guardedSdl = `
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key", "@authenticated", "@requiresScopes", "@policy", "@composeDirective"])
  @link(url: "https://opsource.example/public/v1.0", import: ["@public"])
  @composeDirective(name: "@public")
directive @public on FIELD_DEFINITION | OBJECT
type Query {
  open: Open
  opens: [[Open!]!]
  token: String @authenticated
  traded: Int @requiresScopes(scopes: [["trade", "audit:read"], ["risk:manage"]])
  lucky: Int @policy(policies: [["even"], ["odd"]])
  both: Int @requiresScopes(scopes: [["trade"]]) @policy(policies: [["even"]])
  secret: Secret
  node: Node
  nodes: [Node!]!
  any: Any
  level: Level
  code: Code
  must: Int! @authenticated
}
type Mutation { enter: Entered! trade: Int! @requiresScopes(scopes: [["trade"]]) note: Int }
type Subscription { ticks: Tick fills: Tick @authenticated }
type Tick { at: Int place: Open who: Person }
type Open { id: Int price: Int! audit: Int @requiresScopes(scopes: [["audit:read"]]) must: Int! @authenticated secret: Secret open: Open }
type Secret implements Node @requiresScopes(scopes: [["records:read"]]) { id: ID! name: String open: Open }
type Plain implements Node { id: ID! name: String extra: Int }
type Half implements Node { id: ID! name: String @authenticated extra: Int }
interface Node { id: ID! name: String }
union Any = Secret | Plain | Person
type Person @authenticated { id: ID! email: String @requiresScopes(scopes: [["users:admin"]]) friend: Person }
type Entered { person: Person! @public }
enum Level @authenticated { LOW HIGH }
scalar Code @policy(policies: [["even", "odd"]])
`
