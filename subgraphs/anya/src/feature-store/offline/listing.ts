import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { type FeatureView, versionOf } from '../views/index.ts'
import { readManifest, type StoreManifest } from './manifest.ts'

type Named = Pick<FeatureView<never>, 'name' | 'hash'>

const PREFIX = 'entity='
/** The entity's part of a path: nothing of a name may lead elsewhere. */
const ENTITY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const isEntityName = (name: string): boolean => ENTITY.test(name)

/** Where the files of a view's version are. */
export const folderOf = (store: string, view: Named, entity: string): string =>
  path.join(store, view.name, versionOf(view), PREFIX + entity)

export const entityOf = (folder: string): string => path.basename(folder).slice(PREFIX.length)

/** The entities of which something is stored. */
export async function storedEntities(store: string, view: Named): Promise<string[]> {
  const names = await readdir(path.join(store, view.name, versionOf(view))).catch(() => [])
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .sort()
}

/** @returns null where nothing of it is stored. @throws StoreError CORRUPT_MANIFEST */
export async function storedManifest(store: string, view: Named, entity: string): Promise<StoreManifest | null> {
  return isEntityName(entity) ? readManifest(folderOf(store, view, entity)) : null
}
