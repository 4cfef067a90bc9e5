import { err, ok, type Result } from './result.ts'

/** Longest accepted input: 38 digits (NUMERIC(38,0)), a sign and a point. */
const MAX_CHARACTERS = 40
const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/

export type DecimalError = 'NOT_A_DECIMAL' | 'TOO_MANY_DIGITS' | 'TOO_PRECISE'

/**
 * Parses a plain decimal string (`-12.50`; no exponent, no leading zeros, no `+`) into minor units of 10^-scale.
 * @returns the integer number of minor units, or why the text is not one: `TOO_PRECISE` where non-zero digits lie beyond the scale.
 */
export function parseDecimal(text: string, scale: number): Result<bigint, DecimalError> {
  if (text.length > MAX_CHARACTERS) return err('TOO_MANY_DIGITS')
  if (!PLAIN_DECIMAL.test(text)) return err('NOT_A_DECIMAL')
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.')
  if (/[1-9]/.test(fraction.slice(scale))) return err('TOO_PRECISE')
  const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  return ok(text.startsWith('-') ? -units : units)
}

/** Writes minor units of 10^-scale as a plain decimal with exactly `scale` fractional digits. */
export function formatDecimal(units: bigint | number, scale: number): string {
  // Books are written by the thousand: a safe integer needs no BigInt.
  const value = Number.isSafeInteger(units) ? units : BigInt(units)
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`
  return value < 0n ? `-${text}` : text
}
