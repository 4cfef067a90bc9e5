import { composeServices } from '@apollo/composition'
import { Supergraph } from '@apollo/federation-internals'
import { err, ok, type Result } from '@opsource/kernel'
import { GraphQLError, type GraphQLSchema, parse } from 'graphql'
import type { SubgraphSource } from './configuration.ts'
import { acceptEnforced } from './enforced-specs.ts'

/** Something that composition finds wrong, or merely doubtful (a hint): both fail here. */
export interface CompositionFault {
  readonly code: string
  readonly message: string
  /** Such as `Market.symbol`, or the subgraph and line where it stands. */
  readonly place: string | null
}

/** @returns the supergraph's SDL, or every error and hint. */
export function compose(subgraphs: readonly SubgraphSource[]): Result<string, readonly CompositionFault[]> {
  const services = []
  const unreadable: CompositionFault[] = []
  for (const { name, url, sdl } of subgraphs) {
    try {
      services.push({ name, url, typeDefs: parse(sdl) })
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error
      unreadable.push({ code: 'SYNTAX', message: error.message, place: `${name}:${error.locations?.[0]?.line ?? 1}` })
    }
  }
  if (unreadable.length > 0) return err(unreadable)
  const composed = composeServices(services)
  if (composed.errors) return err(composed.errors.map(faultOfError))
  const hints = composed.hints.map((hint) => ({
    code: hint.definition.code,
    message: hint.message,
    place: hint.coordinate ?? null,
  }))
  return hints.length > 0 ? err(hints) : ok(`${composed.supergraphSdl.trimEnd()}\n`)
}

/** One line for each, for people to read. */
export function listFaults(faults: readonly CompositionFault[]): string {
  return faults
    .map(({ code, place, message }) => `  ${code}${place === null ? '' : ` at ${place}`}: ${message}`)
    .join('\n')
}

/** What clients see of a supergraph. */
export function apiSchemaOf(supergraphSdl: string): GraphQLSchema {
  return Supergraph.build(acceptEnforced(supergraphSdl)).apiSchema().toGraphQLJSSchema()
}

function faultOfError(error: GraphQLError): CompositionFault {
  const node = error.nodes?.[0]
  const subgraph = node && 'subgraph' in node ? String(node.subgraph) : null
  const line = node?.loc?.startToken.line
  return {
    code: String(error.extensions.code ?? 'COMPOSITION'),
    message: error.message,
    place: subgraph === null ? null : line === undefined ? subgraph : `${subgraph}:${line}`,
  }
}
