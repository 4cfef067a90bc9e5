import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { type ErrorCode, fault, isErrorCode } from './errors.ts'
import { depthRule, MAX_DOCUMENT_TOKENS } from './limits.ts'
import type { GraphqlRequest } from './request.ts'

const RULES = [...specifiedRules, NoSchemaIntrospectionCustomRule, depthRule]

/** Reads a subscription's document and checks it and its variables against the schema. Throws a coded error. */
export function checkedDocument(schema: GraphQLSchema, body: GraphqlRequest): DocumentNode {
  const document = parsed(body.query)
  const operation = getOperationAST(document, body.operationName)
  if (operation?.operation !== 'subscription') throw fault('BAD_USER_INPUT', 'The operation is not a subscription.')
  // graphql-js 16 throws inside `validate` for such a directive with a variable.
  if (operation.selectionSet.selections.some((selection) => selection.directives?.length)) {
    throw fault('GRAPHQL_VALIDATION_FAILED', 'The subscribed field itself takes no directive.')
  }
  const [error] = validate(schema, document, RULES)
  if (error !== undefined) throw coded(error, 'GRAPHQL_VALIDATION_FAILED')
  checkVariables(schema, operation, body)
  return document
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: MAX_DOCUMENT_TOKENS })
  } catch (error) {
    throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error
  }
}

function checkVariables(schema: GraphQLSchema, operation: OperationDefinitionNode, body: GraphqlRequest): void {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], body.variables ?? {}, {
    maxErrors: 1,
  })
  if (errors?.[0] !== undefined) throw coded(errors[0], 'BAD_USER_INPUT')
}

function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  const known = error.extensions.code
  return new GraphQLError(error.message, {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    ...(error.source ? { source: error.source } : {}),
    ...(error.positions ? { positions: error.positions } : {}),
    extensions: { code: isErrorCode(known) ? known : code },
  })
}
