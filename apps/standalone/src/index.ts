export { claimDatabase } from './claim.ts'
export { readConfig, type StandaloneConfig } from './config.ts'
export { type Platform, type PlatformOptions, startPlatform } from './platform.ts'
export { Refusal } from './refusal.ts'
