import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { conditionsOf, type Variables } from './conditions.ts'
import type { RuleBook } from './rule-book.ts'
import type { Rule } from './rules.ts'

/** A field that the caller may not see. */
export interface Denial {
  /** Response keys; `@` stands for every element of a list. */
  readonly path: readonly string[]
  /** `@skip` and `@include` on the way: where they leave the field out, nothing is missing. */
  readonly conditions: readonly DirectiveNode[]
}

export interface Pruned {
  /** What is left, with fragments written out; null where nothing is. */
  readonly document: DocumentNode | null
  readonly denials: readonly Denial[]
  /** The `__type` fields among what is missing. */
  readonly types: ReadonlySet<FieldNode>
  /** Whether introspection asks for a type that a variable names: then the next request may fare otherwise. */
  readonly isVariable: boolean
}

/** Whether to object to what carries these rules. */
export type Judge = (rules: readonly Rule[]) => boolean

interface Place {
  readonly parent: GraphQLCompositeType
  readonly path: readonly string[]
  readonly conditions: readonly DirectiveNode[]
  /** The type whose rule the field above has set aside. */
  readonly opened: string | null
  /** A fragment that the caller may not see: no field in it counts. */
  readonly isRefused: boolean
}

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

/** Takes out of a validated operation what `judge` objects to. */
export class Pruning {
  readonly #schema: GraphQLSchema
  readonly #book: RuleBook
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #judge: Judge
  readonly #variables: Variables
  readonly #denials = new Map<string, Denial>()
  readonly #types = new Set<FieldNode>()
  #operation: OperationDefinitionNode | null = null
  #isVariable = false

  constructor(schema: GraphQLSchema, book: RuleBook, judge: Judge, variables: Variables) {
    this.#schema = schema
    this.#book = book
    this.#judge = judge
    this.#variables = variables
  }

  prune(document: DocumentNode, operation: OperationDefinitionNode): Pruned {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition)
    }
    this.#operation = operation
    const root = this.#schema.getRootType(operation.operation)
    if (!root) throw new Error(`The graph has no ${operation.operation}`)
    const isRefused = this.#judge(this.#book.ofType(root.name))
    const place = { parent: root, path: [], conditions: [], opened: null, isRefused }
    const selections = this.#set(operation.selectionSet, place)
    const rest: OperationDefinitionNode = { ...operation, selectionSet: setOf(selections) }
    return {
      document: selections.length === 0 ? null : { kind: Kind.DOCUMENT, definitions: [rest] },
      denials: [...this.#denials.values()],
      types: this.#types,
      isVariable: this.#isVariable,
    }
  }

  #set(set: SelectionSetNode, place: Place): SelectionNode[] {
    return set.selections.flatMap((selection) => {
      const conditions = [...place.conditions, ...conditionsOf(selection)]
      const here = conditions.length === place.conditions.length ? place : { ...place, conditions }
      if (selection.kind === Kind.FIELD) return this.#field(selection, here) ?? []
      if (selection.kind === Kind.INLINE_FRAGMENT) return this.#fragment(selection, here) ?? []
      const fragment = this.#fragments.get(selection.name.value)
      if (!fragment) throw new Error(`There is no fragment ${selection.name.value}`)
      const { typeCondition, selectionSet } = fragment
      const directives = selection.directives ?? []
      return this.#fragment({ kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet }, here) ?? []
    })
  }

  #fragment(fragment: InlineFragmentNode, place: Place): InlineFragmentNode | null {
    const name = fragment.typeCondition?.name.value ?? place.parent.name
    const type = this.#schema.getType(name)
    if (!isCompositeType(type)) throw new Error(`There is no type ${name} to select from`)
    const isJudged = name === place.parent.name || name === place.opened
    const isRefused = place.isRefused || (!isJudged && this.#judge(this.#book.ofType(name)))
    // Of an object the rules of its own fields count, whichever interface they are asked for through.
    const isOwn = isObjectType(place.parent) && isAbstractType(type) && this.#schema.isSubType(type, place.parent)
    const parent = isOwn ? place.parent : type
    const selections = this.#set(fragment.selectionSet, { ...place, parent, isRefused })
    return selections.length === 0 ? null : { ...fragment, selectionSet: setOf(selections) }
  }

  #field(field: FieldNode, place: Place): FieldNode | null {
    const name = field.name.value
    const path = [...place.path, field.alias?.value ?? name]
    if (place.isRefused || this.#objectsTo(field, place)) {
      const { conditions } = place
      const key = JSON.stringify([path, conditions.map(({ loc }) => loc?.start)])
      this.#denials.set(key, { path, conditions })
      if (name === '__type') this.#types.add(field)
      return null
    }
    if (name.startsWith('__') || !field.selectionSet) return field
    const definition = 'getFields' in place.parent ? place.parent.getFields()[name] : undefined
    const parent = definition && getNamedType(definition.type)
    if (!definition || !isCompositeType(parent)) throw new Error(`${place.parent.name}.${name} has no fields to select`)
    let type = getNullableType(definition.type)
    while (isListType(type)) {
      path.push('@')
      type = getNullableType(type.ofType)
    }
    const opened = this.#book.openedBy(place.parent, name)
    const selections = this.#set(field.selectionSet, { ...place, parent, path, opened })
    // The object itself may be seen, and a mutation is to happen: what is denied below it does not change that.
    return { ...field, selectionSet: setOf(selections.length === 0 ? [TYPENAME] : selections) }
  }

  #objectsTo(field: FieldNode, { parent }: Place): boolean {
    const name = field.name.value
    if (name !== '__type') return !name.startsWith('__') && this.#judge(this.#book.ofField(parent, name))
    const asked = this.#textOf(field.arguments?.find((given) => given.name.value === 'name')?.value)
    return asked !== null && this.#judge(this.#book.ofType(asked))
  }

  #textOf(value: ValueNode | undefined): string | null {
    if (value?.kind === Kind.STRING) return value.value
    if (value?.kind !== Kind.VARIABLE) return null
    this.#isVariable = true
    const name = value.name.value
    const given = this.#variables[name]
    if (given !== undefined) return typeof given === 'string' ? given : null
    const definition = this.#operation?.variableDefinitions?.find(({ variable }) => variable.name.value === name)
    return definition?.defaultValue?.kind === Kind.STRING ? definition.defaultValue.value : null
  }
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections }
}
