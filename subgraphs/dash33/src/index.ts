export { type Dash33, type Dash33Options, startDash33 } from './features.ts'
