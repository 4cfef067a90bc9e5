import { err, ok, type Result } from '@opsource/kernel'
import { z } from 'zod'

const MIN_CHARACTERS = 12
/** Long enough for any passphrase; short enough that hashing it costs the same as hashing a short one. */
const MAX_CHARACTERS = 128
/** Below this a long password is a key held down. */
const MIN_DIFFERENT_CHARACTERS = 5
const MAX_DISPLAY_NAME_CHARACTERS = 64
/** RFC 5321, 4.5.3.1.3, less the angle brackets. */
const MAX_EMAIL_CHARACTERS = 254

const emailShape = z.email().max(MAX_EMAIL_CHARACTERS)
const controlCharacter = /\p{Cc}/u

/** An argument that cannot be taken, as `InvalidInput` tells it. */
export interface InputFault {
  readonly field: string
  readonly message: string
}

export interface Registration {
  /** Lower case. */
  readonly email: string
  readonly password: string
  readonly displayName: string
}

const fault = (field: string, message: string) => err({ field, message })

/** Two spellings of one address are one account: case and surrounding space don't count. */
export function parseEmail(text: string): Result<string, InputFault> {
  const address = text.trim().toLowerCase()
  const parsed = emailShape.safeParse(address.slice(0, MAX_EMAIL_CHARACTERS + 1))
  return parsed.success ? ok(parsed.data) : fault('input.email', 'This is not an e-mail address.')
}

/** NFKC, so that the same keys give the same password on every keyboard (NIST SP 800-63B, 5.1.1.2). */
export const normalisePassword = (text: string) => text.normalize('NFKC')

/** The rules of NIST SP 800-63B: length counts, composition does not. */
export function parsePassword(text: string, email: string): Result<string, InputFault> {
  const password = normalisePassword(text)
  const characters = [...password]
  if (characters.length < MIN_CHARACTERS)
    return fault('input.password', `A password has at least ${MIN_CHARACTERS} characters.`)
  if (characters.length > MAX_CHARACTERS)
    return fault('input.password', `A password has at most ${MAX_CHARACTERS} characters.`)
  if (new Set(characters).size < MIN_DIFFERENT_CHARACTERS) {
    return fault('input.password', `A password has at least ${MIN_DIFFERENT_CHARACTERS} different characters.`)
  }
  if (password.toLowerCase() === email) return fault('input.password', 'The e-mail address is not a password.')
  return ok(password)
}

/** A line that a person wrote to name something: 1 to 64 characters without control characters. */
export function parseName(text: string, field: string): Result<string, InputFault> {
  const name = text.trim()
  const length = [...name].length
  if (length < 1 || length > MAX_DISPLAY_NAME_CHARACTERS)
    return fault(field, `This has 1 to ${MAX_DISPLAY_NAME_CHARACTERS} characters.`)
  return controlCharacter.test(name) ? fault(field, 'This holds a control character.') : ok(name)
}

export function parseRegistration(input: Registration): Result<Registration, InputFault> {
  const email = parseEmail(input.email)
  if (!email.ok) return email
  const password = parsePassword(input.password, email.value)
  if (!password.ok) return password
  const displayName = parseName(input.displayName, 'input.displayName')
  if (!displayName.ok) return displayName
  return ok({ email: email.value, password: password.value, displayName: displayName.value })
}
