import type { InputFault } from './password.ts'

/** What a refusal is called in the schema, and what it tells a person. */
const refusals = {
  EMAIL_TAKEN: { __typename: 'EmailTaken', message: 'There is an account with this e-mail address already.' },
  WRONG_CREDENTIALS: { __typename: 'WrongCredentials', message: 'These credentials do not fit.' },
  TOO_MANY_ATTEMPTS: { __typename: 'TooManyAttempts', message: 'Too many log-ins with this address failed: wait.' },
  REFRESH_TOKEN_INVALID: {
    __typename: 'RefreshTokenInvalid',
    message: 'This refresh token does not count: log in again.',
  },
  UNKNOWN_USER: { __typename: 'UnknownUser', message: 'There is no such user.' },
  UNKNOWN_API_KEY: { __typename: 'UnknownApiKey', message: 'There is no such API key of yours.' },
  TOO_MANY_API_KEYS: { __typename: 'TooManyApiKeys', message: 'End an API key before you make another.' },
  BUSY: { __typename: 'Busy', message: 'Too many passwords are being checked: try again.' },
} as const

type Refusals = typeof refusals

export function refusal<R extends keyof Refusals>(reason: R): Refusals[R] & { readonly code: R } {
  return { ...refusals[reason], code: reason }
}

export const invalidInput = ({ field, message }: InputFault) =>
  ({ __typename: 'InvalidInput', code: 'INVALID_INPUT', message, field }) as const
