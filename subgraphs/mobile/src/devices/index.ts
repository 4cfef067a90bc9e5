export type { DeviceRecord } from './device.ts'
export { Devices } from './devices.ts'
export { deviceResolvers } from './resolvers.ts'
