export { type Dash33, startDash33 } from './features.ts'
