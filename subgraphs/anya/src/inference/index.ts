export { InferenceEngine, type InferenceObserver } from './engine.ts'
