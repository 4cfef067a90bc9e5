import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { RuleBook } from '../authorize/rule-book.ts'

/**
 * Whether nothing that a document asks for depends on the caller, so that all callers may share one answer. A field that `@public`
 * opens is not taken for such: what it gives may still be the caller's own.
 */
export function isPublic(document: DocumentNode, schema: GraphQLSchema, rules: RuleBook): boolean {
  const info = new TypeInfo(schema)
  let open = true
  const visitor = {
    Field: () => {
      const parent = info.getParentType()
      const field = info.getFieldDef()
      if (!parent || !field) return
      // Which types introspection may name depends on the caller too.
      if (field.name === '__type' && !rules.isEmpty) open = false
      const result = getNamedType(field.type)
      const owners = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent]
      const results = isAbstractType(result) ? [result, ...schema.getPossibleTypes(result)] : [result]
      const asked = [
        ...owners.flatMap((owner) => rules.ofField(owner, field.name)),
        ...[...owners, ...results].flatMap(({ name }) => rules.ofType(name)),
      ]
      if (asked.length > 0) open = false
    },
  }
  visit(document, visitWithTypeInfo(info, visitor))
  return open
}
