/** A business refusal, as the graph answers it. */
export interface Answer<Name extends string> {
  readonly __typename: Name
  readonly code: string
  readonly message: string
}

export interface InvalidInputAnswer extends Answer<'InvalidInput'> {
  readonly field: string
}
export interface UnknownMarketAnswer extends Answer<'UnknownMarket'> {
  readonly symbol: string
}
export type EngineUnavailableAnswer = Answer<'EngineUnavailable'>

export const invalidInput = (field: string, message: string): InvalidInputAnswer => ({
  __typename: 'InvalidInput',
  code: 'INVALID_INPUT',
  message,
  field,
})

export const unknownMarket = (symbol: string): UnknownMarketAnswer => ({
  __typename: 'UnknownMarket',
  code: 'UNKNOWN_MARKET',
  message: 'There is no market of that symbol.',
  symbol,
})

/** Also the answer to an engine that is at one of its limits: nothing was carried out. */
export function engineUnavailable(code: string): EngineUnavailableAnswer {
  if (code === 'OUTCOME_UNKNOWN') {
    const message = 'The engine did not answer: it may have been carried out. Sending the same key again is safe.'
    return { __typename: 'EngineUnavailable', code, message }
  }
  const message = 'The engine takes no such work now: nothing was carried out.'
  return { __typename: 'EngineUnavailable', code: 'ENGINE_UNAVAILABLE', message }
}
