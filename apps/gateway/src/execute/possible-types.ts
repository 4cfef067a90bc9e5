import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql'

/** Names of types. */
export type TypeNames = ReadonlySet<string>

/** Which `__typename`s a type condition of a plan takes in: its own and those of everything that implements it. */
export function possibleTypes(supergraphSchema: GraphQLSchema): (condition: string) => TypeNames {
  const known = new Map<string, TypeNames>()
  return (condition) => {
    const kept = known.get(condition)
    if (kept) return kept
    const names = new Set([condition])
    const type = supergraphSchema.getType(condition)
    if (type && isAbstractType(type)) {
      for (const other of Object.values(supergraphSchema.getTypeMap())) {
        if ((isObjectType(other) || isInterfaceType(other)) && supergraphSchema.isSubType(type, other))
          names.add(other.name)
      }
    }
    known.set(condition, names)
    return names
  }
}
