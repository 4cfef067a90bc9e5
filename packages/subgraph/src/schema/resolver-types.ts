import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as resolvers from '@graphql-codegen/typescript-resolvers'
import { parse } from 'graphql'

const EXPORTED_PARENT = /^export (?:type|interface) (\w+)Parent\b/gm

/**
 * Writes the resolver types of a merged schema. Where the domain has a `src/parents.ts`, each `<Type>Parent` that it exports is
 * what the resolvers of `<Type>` get as parent and what others return for it; any other type is passed on as the schema has it.
 * @returns the TypeScript text.
 */
export async function resolverTypes(sdl: string, source: string): Promise<string> {
  return codegen({
    filename: path.join(source, 'generated/graphql.ts'),
    schema: parse(sdl),
    documents: [],
    pluginMap: { typescript, resolvers },
    plugins: [{ typescript: {} }, { resolvers: {} }],
    config: {
      federation: true,
      contextType: '@opsource/subgraph#SubgraphContext',
      mappers: parentsOf(path.join(source, 'parents.ts')),
      scalars: { ID: 'string', Decimal: 'string', DateTime: 'string', Sequence: 'number' },
      enumsAsTypes: true,
      useTypeImports: true,
      importExtension: '.ts',
      // A union's member must say which it is: graphql-js resolves it by that.
      resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
      // An argument left out and one given as null read alike.
      inputMaybeValue: 'T | null | undefined',
    },
  })
}

function parentsOf(file: string): Record<string, string> {
  if (!existsSync(file)) return {}
  const names = [...readFileSync(file, 'utf8').matchAll(EXPORTED_PARENT)].flatMap(([, name]) => (name ? [name] : []))
  return Object.fromEntries(names.map((name) => [name, `../parents.ts#${name}Parent`]))
}
