import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { exclusively } from './lock.mjs'
import { checkWritable, Refusal, root } from './machine.mjs'
import { step } from './progress.mjs'

const FLAGS = [
  // A production environment would leave out the tools that generate code on the first start.
  '--include=dev',
  // No package here needs its install script; two of them would download.
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--loglevel=error',
]

const nodeProject = path.join(root, 'tools/node')
const nodePackage = `node-${process.platform}-${process.arch}`

/** The Node.js that npm installed for this project. */
export function bundledNode() {
  return path.join(nodeProject, 'node_modules', nodePackage, 'bin/node')
}

/** Installs what is missing, interrupted or out of date. @param wanted.node whether the machine's own Node.js is too old. */
export async function ensureInstalled(wanted) {
  const jobs = () => [
    ...(wanted.node && !isInstalled(nodeProject, [nodePackage]) ? [installNode] : []),
    ...(isInstalled(root, []) ? [] : [installPackages]),
  ]
  if (jobs().length === 0) return
  checkWritable()
  await exclusively(async () => {
    // Side by side, and to the end: an npm that is left alone would fight with the next one.
    const results = await Promise.allSettled(jobs().map((job) => job()))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  })
}

function installNode() {
  if (process.platform !== 'linux') {
    throw new Refusal(`OPSource needs Node.js 24 or newer on ${process.platform}; this is ${process.version}.`)
  }
  return step('Node.js 24', () => npmCi(nodeProject))
}

function installPackages() {
  return step('packages (the first time about 1 GB on disk)', () => npmCi(root))
}

/**
 * npm writes node_modules/.package-lock.json last, so it names what is really there.
 * Optional packages depend on the machine: of them only `needed` must be present.
 */
function isInstalled(directory, needed) {
  const wanted = packagesOf(path.join(directory, 'package-lock.json'))
  const present = packagesOf(path.join(directory, 'node_modules/.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([name, { version, integrity, optional, link, resolved }]) => {
    if (!name.includes('node_modules/')) return true
    if (optional && !needed.includes(name.replace('node_modules/', ''))) return true
    const found = present[name]
    if (found === undefined) return false
    return link ? found.resolved === resolved : found.version === version && found.integrity === integrity
  })
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

function npmCi(directory) {
  // npm names itself to the scripts that it runs; called by hand, the one on the path must do.
  const own = process.env.npm_execpath
  const [command, ...first] = own?.endsWith('npm-cli.js') ? [process.execPath, own] : ['npm']
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'npm_config_local_prefix'))
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, 'ci', ...FLAGS], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.once('error', () => reject(new Refusal('npm is not on the path: install it, it comes with Node.js.')))
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Refusal(`npm ci failed in ${directory}: ${reasonFrom(output)}`))
    })
  })
}

function reasonFrom(output) {
  const errors = output
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (?!A complete log|code )(.+)/.exec(line)?.[1] ?? [])
  return errors.slice(0, 2).join(' ') || output.trim().slice(-200) || 'it said nothing'
}
