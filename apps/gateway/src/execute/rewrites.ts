import type { FetchDataRewrite } from '@apollo/query-planner'
import { isPlain, own, type Plain, setOwn } from './plain.ts'
import type { PossibleTypes, TypeNames } from './possible-types.ts'

const TYPE_CONDITION = '... on '

/** Changes an answer or a representation in place. */
export type Rewrite = (value: unknown) => void

type Step = { readonly key: string } | { readonly types: TypeNames }

/**
 * What the planner has set or renamed around a fetch: `__typename` where a subgraph knows an interface only as an object, and fields
 * that had to be asked for under another name.
 */
export function compileRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: PossibleTypes,
): Rewrite | null {
  if (!rewrites || rewrites.length === 0) return null
  const compiled = rewrites.map((rewrite) => compileRewrite(rewrite, types))
  return (value) => {
    for (const rewrite of compiled) rewrite(value)
  }
}

function compileRewrite(rewrite: FetchDataRewrite, types: PossibleTypes): Rewrite {
  const key = rewrite.path.at(-1)
  if (key === undefined || key.startsWith(TYPE_CONDITION)) throw new Error('A rewrite of a plan names no field')
  const steps = rewrite.path
    .slice(0, -1)
    .map(
      (part): Step =>
        part.startsWith(TYPE_CONDITION) ? { types: types.of(part.slice(TYPE_CONDITION.length)) } : { key: part },
    )
  const change =
    rewrite.kind === 'ValueSetter'
      ? (object: Plain) => setOwn(object, key, rewrite.setValueTo)
      : (object: Plain) => rename(object, key, rewrite.renameKeyTo)
  return (value) => applyAt(value, steps, 0, change)
}

function rename(object: Plain, from: string, to: string): void {
  const value = own(object, from)
  if (value === undefined) return
  setOwn(object, to, value)
  delete object[from]
}

function applyAt(value: unknown, steps: readonly Step[], index: number, change: (object: Plain) => void): void {
  if (Array.isArray(value)) {
    for (const element of value) applyAt(element, steps, index, change)
    return
  }
  if (!isPlain(value)) return
  const step = steps[index]
  if (!step) change(value)
  else if ('key' in step) applyAt(own(value, step.key), steps, index + 1, change)
  // Without a name there is nothing to tell the types apart by: the planner asked for it wherever it matters.
  else if (typeof value.__typename !== 'string' || step.types.has(value.__typename)) {
    applyAt(value, steps, index + 1, change)
  }
}
