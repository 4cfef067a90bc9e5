/** The caller has no such account, or it is closed. */
export const accountNotOpen = () => ({
  __typename: 'PaperAccountNotOpen' as const,
  code: 'PAPER_ACCOUNT_NOT_OPEN',
  message: 'There is no such open paper account of yours.',
})

export const limitReached = (limit: string, maximum: number) => ({
  __typename: 'PaperLimitReached' as const,
  code: 'PAPER_LIMIT_REACHED',
  message: 'There is no room for more.',
  limit,
  maximum,
})

export const accountKeyReused = (accountId: string) => ({
  __typename: 'PaperAccountKeyReused' as const,
  code: 'PAPER_ACCOUNT_KEY_REUSED',
  message: 'The key belongs to another paper account of yours with other terms.',
  accountId,
})

export const priceUnknown = (asset: string) => ({
  __typename: 'PriceUnknown' as const,
  code: 'PRICE_UNKNOWN',
  message: 'Nobody has traded the asset yet, so that the account could not be valued.',
  asset,
})
