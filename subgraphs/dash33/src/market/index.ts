export {
  ASSET_SCALES,
  assetScale,
  findInstrument,
  formatIncrements,
  INSTRUMENTS,
  type Instrument,
  instrumentOf,
  quoteAmount,
} from './instruments.ts'
export { marketResolvers } from './resolvers.ts'
