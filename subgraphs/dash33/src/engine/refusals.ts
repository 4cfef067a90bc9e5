import type { Refusal } from './acks.ts'
import { REFUSED } from './core/refusal.ts'
import type { EngineState } from './state.ts'
import { PLAIN_REFUSALS, RISK_RULES, SCOPES } from './words.ts'

/** The core's last refusal in words. */
export function refusalOf(state: EngineState): Refusal {
  const { code, detail, limit, observed, headroom, asset, required, available } = state.exchange.refusal
  switch (code) {
    case REFUSED.KILL_SWITCH:
      return { kind: 'REFUSED', code: 'KILL_SWITCH_ENGAGED', scope: SCOPES[detail]! }
    case REFUSED.RISK_LIMIT:
      return { kind: 'REFUSED', code: 'RISK_LIMIT_EXCEEDED', rule: RISK_RULES[detail]!, limit, observed, headroom }
    case REFUSED.INSUFFICIENT_BALANCE:
      return { kind: 'REFUSED', code: 'INSUFFICIENT_BALANCE', asset: state.assets[asset]!, required, available }
    default:
      return PLAIN_REFUSALS.get(code)!
  }
}
