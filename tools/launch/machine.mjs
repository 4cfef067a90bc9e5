import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..')

const PLATFORMS = ['linux', 'darwin']
const ARCHITECTURES = ['x64', 'arm64']

/** Something that the reader of one line can put right: it is printed without a stack. */
export class Refusal extends Error {}

export function checkMachine() {
  if (!PLATFORMS.includes(process.platform) || !ARCHITECTURES.includes(process.arch)) {
    throw new Refusal(
      `OPSource runs on Linux and macOS, x64 and arm64; this is ${process.platform} ${process.arch}. Use Docker.`,
    )
  }
  if (process.platform === 'linux' && !hasGlibc()) {
    throw new Refusal(
      'OPSource needs a Linux with glibc, such as Debian; this one has another C library (Alpine?). Use Docker.',
    )
  }
}

/** @throws Refusal when nothing can be installed here. */
export function checkWritable() {
  try {
    accessSync(root, constants.W_OK)
  } catch {
    throw new Refusal(`OPSource has something to install, and may not write to ${root}.`)
  }
}

function hasGlibc() {
  // Without this the report would look up the names of all open connections.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime !== undefined
}
