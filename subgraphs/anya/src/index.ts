export { type AnyaOptions, startAnya } from './features.ts'
