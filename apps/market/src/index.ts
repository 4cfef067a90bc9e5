export { formatReport, type MarketReport } from './fidelity/index.ts'
export { GraphError, WrongKeyError } from './graph/index.ts'
export { type MarketKeys, type PlayOptions, playRecording, type Speed } from './play/index.ts'
export { NotARecordingError } from './recording/index.ts'
