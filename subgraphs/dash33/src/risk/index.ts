export type { FeeTier, RiskLimits, RiskRule } from './limits.ts'
export { riskResolvers } from './resolvers.ts'
