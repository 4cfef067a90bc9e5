import { type DirectiveNode, Kind } from 'graphql'

/** All of it must hold: each variable is what is expected. Empty: always. */
export type Condition = readonly { readonly variable: string; readonly expected: boolean }[]

export type Variables = Readonly<Record<string, unknown>>

/** `@skip` and `@include` added to what is asked already; null where they leave the selection out for good. */
export function narrowed(condition: Condition, directives: readonly DirectiveNode[] | undefined): Condition | null {
  let all = condition
  for (const { name, arguments: given } of directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue
    const expected = name.value === 'include'
    const value = given?.[0]?.value
    if (value?.kind === Kind.BOOLEAN && value.value !== expected) return null
    if (value?.kind === Kind.VARIABLE) all = [...all, { variable: value.name.value, expected }]
  }
  return all
}

/** Whether any of the alternatives holds. */
export function holds(alternatives: readonly Condition[], variables: Variables): boolean {
  return alternatives.some((condition) =>
    condition.every(({ variable, expected }) => (variables[variable] === true) === expected),
  )
}
