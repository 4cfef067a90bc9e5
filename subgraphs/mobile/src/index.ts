export { startMobile } from './features.ts'
