import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql'
import { type Alternatives, type Rule, SECURITY_SPECS, type SecuritySpec } from './rules.ts'

/** Which directive of a supergraph means which spec: composition lets a spec be linked under another name. */
export type SecurityNames = ReadonlyMap<string, SecuritySpec>

const APOLLO_SPEC = /^https:\/\/specs\.apollo\.dev\/([^/]+)\/(v[^/]+)$/
const VERSION = 'v0.1'
/** Composition links it for security too; what it hides is in no schema that clients see. */
const HIDDEN = 'inaccessible'

/**
 * Reads which directives are about security.
 * @throws Error where the supergraph links a security spec, or a version or name of one, that is not enforced here.
 */
export function securityNames(supergraph: DocumentNode): SecurityNames {
  // Unlinked, a directive of such a name would be nobody's rule: it is taken for what it says.
  const names = new Map<string, SecuritySpec>(SECURITY_SPECS.map((spec) => [spec, spec]))
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue
    for (const link of definition.directives ?? []) {
      if (link.name.value !== 'link') continue
      const url = textOf(argument(link, 'url')) ?? ''
      const [, name, version] = APOLLO_SPEC.exec(url) ?? []
      const spec = SECURITY_SPECS.find((known) => known === name)
      if (spec === undefined) {
        if (name !== HIDDEN && enumOf(argument(link, 'for')) === 'SECURITY')
          throw new Error(`The security spec ${url} is not enforced here`)
        continue
      }
      if (version !== VERSION) throw new Error(`Of the security spec ${url} only ${VERSION} is enforced here`)
      names.set(linkedName(link, spec), spec)
    }
  }
  return names
}

/** @returns null where none of the directives is about security. @throws Error for one that cannot be read. */
export function ruleOf(directives: readonly ConstDirectiveNode[], names: SecurityNames): Rule | null {
  const rule = { authenticated: false, scopes: [] as Alternatives[], policies: [] as Alternatives[] }
  let found = false
  for (const directive of directives) {
    const spec = names.get(directive.name.value)
    if (spec === undefined) continue
    found = true
    if (spec === 'authenticated') rule.authenticated = true
    else if (spec === 'requiresScopes') rule.scopes.push(alternativesOf(directive, 'scopes'))
    else rule.policies.push(alternativesOf(directive, 'policies'))
  }
  return found ? rule : null
}

/** `as` renames the spec; `import` may rename its directive. */
function linkedName(link: ConstDirectiveNode, spec: SecuritySpec): string {
  const imported = argument(link, 'import')
  if (imported === undefined) return textOf(argument(link, 'as')) ?? spec
  if (imported.kind !== Kind.LIST) throw new Error(`The link of ${spec} cannot be read`)
  for (const each of imported.values) {
    if (textOf(each) === `@${spec}`) return spec
    if (each.kind !== Kind.OBJECT) continue
    const field = (name: string) => textOf(each.fields.find((known) => known.name.value === name)?.value)
    if (field('name') === `@${spec}`) return (field('as') ?? `@${spec}`).slice(1)
  }
  return textOf(argument(link, 'as')) ?? spec
}

/** `[["a", "b"], ["c"]]`. An empty list of either kind would let everybody in. */
function alternativesOf(directive: ConstDirectiveNode, name: string): Alternatives {
  const unreadable = () => new Error(`@${directive.name.value} needs ${name}: a list of lists of names, none empty`)
  const listOf = (value: ConstValueNode | undefined): readonly ConstValueNode[] => {
    if (value?.kind !== Kind.LIST || value.values.length === 0) throw unreadable()
    return value.values
  }
  return listOf(argument(directive, name)).map((set) =>
    listOf(set).map((value) => {
      const text = textOf(value)
      if (text === undefined || text === '') throw unreadable()
      return text
    }),
  )
}

function argument(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((given) => given.name.value === name)?.value
}

function textOf(value: ConstValueNode | undefined): string | undefined {
  return value?.kind === Kind.STRING ? value.value : undefined
}

function enumOf(value: ConstValueNode | undefined): string | undefined {
  return value?.kind === Kind.ENUM ? value.value : undefined
}
