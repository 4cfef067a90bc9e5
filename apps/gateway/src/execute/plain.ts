/** A JSON object of a subgraph's answer. */
export type Plain = Record<string, unknown>

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a plain read of this key may find something of `Object.prototype` instead of what a subgraph said. */
export function isInherited(key: string): boolean {
  return key in Object.prototype
}

export function own(object: Plain, key: string): unknown {
  return !isInherited(key) || Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets a key of the object itself, also where its name is `__proto__`. */
export function setOwn(object: Plain, key: string, value: unknown): void {
  if (isInherited(key))
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}
