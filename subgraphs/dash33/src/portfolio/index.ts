export { applyFill, FLAT, type Position, type PositionFill } from './position.ts'
export { foldFills, writePositions } from './projection.ts'
export { portfolioResolvers } from './resolvers.ts'
