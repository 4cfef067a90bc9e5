export type { MarketKeys } from './exchange.ts'
export type { Speed } from './pacer.ts'
export { NothingToPlayError, type PlayOptions, playRecording } from './player.ts'
