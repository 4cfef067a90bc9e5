import { err, ok, type Result } from '@opsource/kernel'

/** Phones, tablets and browsers of one person, with room; more is a client that registers anew each time. */
export const MAX_DEVICES = 20
const MAX_NAME_CHARACTERS = 64
/** The longest known push address is a Web Push endpoint of about 400 characters. */
const MAX_PUSH_TOKEN_CHARACTERS = 512
const controlCharacter = /\p{Cc}/u

export type Platform = 'IOS' | 'ANDROID' | 'WEB'

export interface DeviceRecord {
  readonly id: string
  readonly userId: string
  readonly name: string
  readonly platform: Platform
  readonly registeredAt: Date
}

export interface DeviceInput {
  readonly name: string
  readonly platform: Platform
  readonly pushToken: string
}

export interface InputFault {
  readonly field: string
  readonly message: string
}

export function parseDevice(input: DeviceInput): Result<DeviceInput, InputFault> {
  const name = input.name.trim()
  const length = [...name].length
  if (length < 1 || length > MAX_NAME_CHARACTERS || controlCharacter.test(name)) {
    return err({
      field: 'input.name',
      message: `A name has 1 to ${MAX_NAME_CHARACTERS} characters, none of them a control character.`,
    })
  }
  if (!/^[\x21-\x7e]+$/.test(input.pushToken) || input.pushToken.length > MAX_PUSH_TOKEN_CHARACTERS) {
    const message = `A push token has 1 to ${MAX_PUSH_TOKEN_CHARACTERS} printable ASCII characters without spaces.`
    return err({ field: 'input.pushToken', message })
  }
  return ok({ name, platform: input.platform, pushToken: input.pushToken })
}
