/** Where the gateway's supergraph comes from. */
export interface SupergraphSource {
  /** Names it for the log. */
  readonly name: string
  /** The newest supergraph. Rejects, saying what is wrong, where there is none to be had. */
  read(): Promise<string>
  /** Calls back when there may be a newer one, until the returned function is called. */
  watch(changed: () => void): () => void
}
