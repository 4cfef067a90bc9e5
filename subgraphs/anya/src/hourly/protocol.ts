import type { Bars } from '../bar-features/index.ts'
import type { HourlyInput } from './input.ts'
import type { HourlyRules } from './rules.ts'

/** What the thread is asked: of the bars that come with the code their newest row and the rules they make, of others the newest row. */
export type HourlyQuestion =
  | { readonly kind: 'REFERENCE'; readonly dataDirectory: string }
  | { readonly kind: 'MARKET'; readonly bars: Bars }

export type HourlyAnswer =
  | { readonly kind: 'REFERENCE'; readonly input: HourlyInput | null; readonly rules: HourlyRules }
  | { readonly kind: 'MARKET'; readonly input: HourlyInput | null }
