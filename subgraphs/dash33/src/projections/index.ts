export { projectionMetrics } from './observe.ts'
export { Projector } from './projector.ts'
export { Retention } from './retention.ts'
export { projectionWriter, readWatermark } from './store.ts'
