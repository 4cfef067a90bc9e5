import type { ResponsePath } from '@apollo/query-planner'
import { isPlain, own, type Plain } from './plain.ts'

/** Where in an answer something stands: names of fields and indices of lists. */
export type Place = readonly (string | number)[]

/** The objects at a path of a plan, in order. `@` stands for every element of a list; what is null on the way is passed over. */
export function objectsAt(root: Plain, path: ResponsePath): Plain[] {
  const found: Plain[] = []
  walk(root, path, 0, null, (object) => found.push(object))
  return found
}

/** The places of the objects that `objectsAt` finds. */
export function placesAt(root: Plain, path: ResponsePath): Place[] {
  const places: Place[] = []
  walk(root, path, 0, [], (_, place) => places.push([...place]))
  return places
}

function walk(
  value: unknown,
  path: ResponsePath,
  depth: number,
  place: (string | number)[] | null,
  found: (object: Plain, place: Place) => void,
): void {
  if (value === null || value === undefined) return
  const part = path[depth]
  if (Array.isArray(value)) {
    // A list at the end of a path is meant with all its elements, whether the path says so or not.
    if (part !== '@' && part !== undefined) return
    for (let index = 0; index < value.length; index++) {
      place?.push(index)
      walk(value[index], path, part === undefined ? depth : depth + 1, place, found)
      place?.pop()
    }
    return
  }
  if (!isPlain(value)) return
  if (part === undefined) found(value, place ?? [])
  if (typeof part !== 'string' || part === '@') return
  place?.push(part)
  walk(own(value, part), path, depth + 1, place, found)
  place?.pop()
}
