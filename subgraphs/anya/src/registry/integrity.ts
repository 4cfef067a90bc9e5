import { createHash } from 'node:crypto'
import type { ServableVersion, VersionKey } from './store.ts'

/** What is said of a version whose file is not the one that was registered. */
export const DAMAGED = 'Its file is not the one that was registered: the SHA-256 differs.'

export const isIntact = ({ onnx, sha256 }: Pick<ServableVersion, 'onnx' | 'sha256'>): boolean =>
  createHash('sha256').update(onnx).digest('hex') === sha256

/** What was registered of a version cannot be read: damaged, or written by a later release. */
export class UnreadableVersion extends Error {
  constructor({ modelName, version }: VersionKey) {
    super(`what was registered of ${modelName} ${version} cannot be read`)
  }
}
