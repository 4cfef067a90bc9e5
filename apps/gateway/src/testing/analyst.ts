/** Adds to the exchange's markets, in the gateway's own tests. */
export const analystSdl = `
type Query { slow: Int @public }
type Market @key(fields: "symbol") @public { symbol: String! lot: Int! @external forecast: Float broken: Int doubleLot: Int @requires(fields: "lot") secret: Int @authenticated }
`

type Behaviour = 'answers' | 'hangs'

/** Answers or hangs, as the test says. */
export class Analyst {
  behaviour: Behaviour = 'answers'
  /** How many times entities were asked for. */
  asked = 0
  /** In how many requests. */
  requests = 0
  readonly #seen = new WeakSet<object>()
  forecast = 0.5

  resolvers(): object {
    return {
      Query: { slow: () => this.#never() },
      Market: {
        __resolveReference: async (reference: { symbol: string; lot?: number }, context: object) => {
          this.asked++
          if (!this.#seen.has(context)) this.requests++
          this.#seen.add(context)
          if (this.behaviour === 'hangs') await this.#never()
          return reference
        },
        forecast: () => this.forecast,
        broken: () => {
          throw new Error('relation "prediction" does not exist at /srv/secret/path')
        },
        doubleLot: ({ lot }: { lot?: number }) => (lot ?? 0) * 2,
        secret: () => 42,
      },
    }
  }

  /** Until the behaviour changes. */
  async #never(): Promise<null> {
    while (this.behaviour === 'hangs') await new Promise((resolve) => setTimeout(resolve, 20))
    return null
  }
}
