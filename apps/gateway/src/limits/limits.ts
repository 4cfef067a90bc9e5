/** Every limit of the door, with its reason. */
export const limits = {
  /** The largest operation of the walkthrough is 2 kB and a full order batch 120 kB. */
  bodyBytes: 256 * 1024,
  /** The longest useful path, from an order to the metrics of the model that forecasts its market, is 10 fields. */
  depth: 12,
  /** The standard introspection query nests `ofType` to 14; it costs no subgraph anything. */
  introspectionDepth: 20,
  /** Tokens are what parsing costs; a full screen of a trading client has about 600. */
  tokens: 2_000,
  /** With every fragment written out: fragments within fragments multiply what planning has to look at. */
  fields: 2_000,
  /**
   * Estimated by `CostModel`. Pages within pages multiply what is read: two of 100 within each other are 10,000 rows, which take about
   * a second.
   */
  cost: 20_000,
  /** The standard introspection query comes to about half of this. */
  introspectionValues: 400_000,
  /** Aliases multiply one expensive field. */
  aliases: 30,
  directives: 50,
  /** What is wrong with a document beyond these is not looked for: finding and telling it costs more than to send it. */
  validationErrors: 10,
  /** One socket of a busy client watches a few markets. */
  operationsPerSocket: 100,
  /** Each is parsed; a client that orders over its socket sends some tens. */
  messagesPerSecond: 500,
  /** A desk has a few screens and programs; a program that opens one after the other has lost count. */
  socketsPerUser: 50,
  /**
   * Of those without a token: a school or an office that watches behind one address. Fifty such addresses fill the door, and no single
   * one can.
   */
  socketsPerAddress: 200,
  /** An open socket with one stream costs about 50 kB. */
  sockets: 10_000,
  /** A subgraph that has not answered by then is taken for dead; its fields are null. */
  fetchMs: 10_000,
  /** Of one subgraph: what comes beyond would only wait, and take the memory of those that can be served. */
  fetchesInHand: 1_000,
  /** Of one answer of a subgraph: 20,000 objects, as many as `cost` lets through, of 1.6 kB each. `SUBGRAPH_ANSWER_MB` sets another. */
  answerBytes: 32 * 1024 * 1024,
  /** A live event waits no longer for what joins it: a book later than this is of no use. */
  liveJoinMs: 300,
  /** Sockets and other connections together: each takes a file descriptor. */
  connections: 20_000,
  /** The headers of a request must be in by then. */
  headersMs: 10_000,
  /** Headers and body of a request must be in by then: slow senders hold a connection. */
  requestMs: 30_000,
  /** Longer than the minute for which load balancers keep a connection: none is to send a request into one that is just closing. */
  idleMs: 90_000,
} as const
