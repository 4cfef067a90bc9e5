import type { GraphNode } from './model-graph.ts'
import { UnknownForm } from './unknown-form.ts'
import { type Additive, type Column, type Scale, totalOf, type Value } from './values.ts'

type Operator = (node: GraphNode, inputs: readonly (Value | null)[], width: number) => Value

/** Of single numbers; NaN as IEEE 754 has it. */
const ELEMENTWISE: Readonly<Record<string, (...values: number[]) => number>> = {
  Add: (a, b) => a! + b!,
  Sub: (a, b) => a! - b!,
  Mul: (a, b) => a! * b!,
  Div: (a, b) => a! / b!,
  Neg: (a) => -a!,
  Clip: (a, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY) => Math.min(Math.max(a!, low), high),
  IsNaN: (a) => (Number.isNaN(a) ? 1 : 0),
  Where: (condition, a, b) => (condition ? a! : b!),
  Cast: (a) => a!,
  Identity: (a) => a!,
}

const LINKS: Readonly<Record<string, Scale>> = { Sigmoid: 'LOG_ODDS', Exp: 'LOGARITHM', Softmax: 'SCORE' }

/** What the operators of explained graphs do to contributions. Everything else is of no known form. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(Object.keys(ELEMENTWISE).map((name) => [name, elementwise])),
  ...Object.fromEntries(Object.keys(LINKS).map((name) => [name, link])),
  MatMul: (_, [rows, weights], width) => linear(rows, weights, { transposed: false, scale: 1 }, width),
  Gemm: gemm,
  Slice: slice,
  TopK: sort,
  Concat: ({ attributes }, inputs) => {
    if (![1, -1].includes(attributes.get('axis')?.integers[0] ?? 0)) throw new UnknownForm('it joins rows')
    return { kind: 'SUMS', sums: inputs.flatMap((input) => sumsOf(input)) }
  },
}

function elementwise(node: GraphNode, inputs: readonly (Value | null)[], width: number): Value {
  if (inputs.some((input) => input?.kind === 'SUMS')) return combine(node, inputs, width)
  const columns = inputs.find((input) => input?.kind === 'COLUMNS')
  if (columns?.kind !== 'COLUMNS') throw new UnknownForm(`${node.operator} of constants`)
  const apply = ELEMENTWISE[node.operator]!
  const results = columns.columns.map(({ feature, values }, c): Column => {
    const operands = inputs.map((input) => operandOf(input, c, columns.columns.length, feature))
    return { feature, values: values.map((_, i) => apply(...operands.map((at) => at(i) as number))) }
  })
  return { kind: 'COLUMNS', columns: results, isInput: columns.isInput && node.operator === 'Identity' }
}

/** @returns the operand's value of column `c` by row; undefined of an operand that was left out. */
function operandOf(
  input: Value | null,
  c: number,
  width: number,
  feature: number,
): (row: number) => number | undefined {
  if (input === null) return () => undefined
  if (input.kind === 'CONSTANT') {
    const value = constantAt(input, c, width)
    return () => value
  }
  const column = input.kind === 'COLUMNS' ? input.columns[c] : undefined
  if (column?.feature !== feature) throw new UnknownForm('it multiplies or compares different features')
  return (row) => column.values[row]!
}

/** One number for all columns, or one each. */
function constantAt({ tensor }: Extract<Value, { kind: 'CONSTANT' }>, c: number, width: number): number {
  const { values } = tensor
  if (values.length !== 1 && values.length !== width) throw new UnknownForm('a constant has another width')
  return values[values.length === 1 ? 0 : c]!
}

/** Sums stay sums where something constant is added or multiplied, and where they are added to each other. */
function combine({ operator }: GraphNode, inputs: readonly (Value | null)[], width: number): Value {
  const [left, right] = inputs
  if (operator === 'Identity' || operator === 'Cast') return { kind: 'SUMS', sums: plainSums(left) }
  if (operator === 'Neg') return { kind: 'SUMS', sums: plainSums(left).map((sum) => scaled(sum, -1)) }
  if (operator === 'Add' || operator === 'Sub') {
    const [a, b] = [left, right].map((side) => side ?? null)
    const count = Math.max(...[a, b].map((side) => (side?.kind === 'SUMS' ? side.sums.length : 1)))
    const [first, second] = [a!, b!].map((side) => asSums(side, count, width))
    const sign = operator === 'Add' ? 1 : -1
    return { kind: 'SUMS', sums: first!.map((sum, c) => added(sum, scaled(second![c]!, sign))) }
  }
  const [sums, constant] = left?.kind === 'SUMS' ? [left, right] : [right, left]
  const isScaling = operator === 'Mul' || (operator === 'Div' && left?.kind === 'SUMS')
  if (!isScaling || sums?.kind !== 'SUMS' || constant?.kind !== 'CONSTANT') {
    throw new UnknownForm(`${operator} of sums`)
  }
  const all = plainSums(sums)
  const factor = (c: number) => constantAt(constant, c, all.length) ** (operator === 'Mul' ? 1 : -1)
  return { kind: 'SUMS', sums: all.map((sum, c) => scaled(sum, factor(c))) }
}

function asSums(value: Value, count: number, width: number): readonly Additive[] {
  if (value.kind !== 'CONSTANT') {
    const sums = plainSums(value)
    if (sums.length !== count) throw new UnknownForm('it adds sums of different widths')
    return sums
  }
  return Array.from({ length: count }, (_, c) => ({
    scale: 'VALUE',
    base: constantAt(value, c, count),
    contributions: new Float64Array(width),
  }))
}

const scaled = (sum: Additive, factor: number): Additive =>
  factor === 1
    ? sum
    : { ...sum, base: sum.base * factor, contributions: sum.contributions.map((each) => each * factor) }

const added = (a: Additive, b: Additive): Additive => ({
  scale: 'VALUE',
  base: a.base + b.base,
  contributions: a.contributions.map((each, feature) => each + b.contributions[feature]!),
})

function sumsOf(value: Value | null | undefined): readonly Additive[] {
  if (value?.kind !== 'SUMS') throw new UnknownForm('something else is expected to be a sum')
  return value.sums
}

/** What went through a link already is no sum of contributions any more. */
function plainSums(value: Value | null | undefined): readonly Additive[] {
  const sums = sumsOf(value)
  if (sums.some(({ scale }) => scale !== 'VALUE')) throw new UnknownForm('it calculates with probabilities')
  return sums
}

function link({ operator }: GraphNode, [input]: readonly (Value | null)[]): Value {
  return { kind: 'SUMS', sums: plainSums(input).map((sum) => ({ ...sum, scale: LINKS[operator]! })) }
}

/** Each feature contributes its weighted distance from the mean of the reference rows, or from zero where there are none. */
function linear(
  rows: Value | null | undefined,
  weights: Value | null | undefined,
  { transposed, scale }: { transposed: boolean; scale: number },
  width: number,
): Value {
  if (rows?.kind !== 'COLUMNS' || weights?.kind !== 'CONSTANT') throw new UnknownForm('a product of sums')
  const { columns } = rows
  const [size, outputs] = transposed ? [...weights.tensor.shape].reverse() : weights.tensor.shape
  if (weights.tensor.shape.length !== 2 || size !== columns.length) throw new UnknownForm('weights of another shape')
  const references = columns.map(({ values }) => meanAfterFirst(values))
  const sums = Array.from({ length: outputs! }, (_, output): Additive => {
    const contributions = new Float64Array(width)
    let base = 0
    columns.forEach(({ feature, values }, c) => {
      const weight = scale * weights.tensor.values[transposed ? output * size + c : c * outputs! + output]!
      base += weight * references[c]!
      contributions[feature]! += weight * (values[0]! - references[c]!)
    })
    return { scale: 'VALUE', base, contributions }
  })
  return { kind: 'SUMS', sums }
}

function meanAfterFirst(values: Float64Array): number {
  let sum = 0
  for (let i = 1; i < values.length; i++) sum += values[i]!
  return values.length === 1 ? 0 : sum / (values.length - 1)
}

function gemm({ attributes }: GraphNode, [rows, weights, shift]: readonly (Value | null)[], width: number): Value {
  const integer = (name: string) => attributes.get(name)?.integers[0] ?? 0
  const float = (name: string) => attributes.get(name)?.floats[0] ?? 1
  if (integer('transA') !== 0) throw new UnknownForm('it takes columns for rows')
  const product = linear(rows, weights, { transposed: integer('transB') === 1, scale: float('alpha') }, width)
  if (!shift) return product
  const sums = plainSums(product)
  const shifts = asSums(shift, sums.length, width)
  return { kind: 'SUMS', sums: sums.map((sum, c) => added(sum, scaled(shifts[c]!, float('beta')))) }
}

function slice(_: GraphNode, inputs: readonly (Value | null)[]): Value {
  const [data, ...rest] = inputs
  const [start = 0, end = 0, axis = 0, step = 1] = rest.map((input) =>
    input?.kind === 'CONSTANT' && input.tensor.values.length === 1 ? input.tensor.values[0] : Number.NaN,
  )
  if (axis !== 1 || step !== 1 || !(start >= 0) || !(end >= start)) throw new UnknownForm('it slices otherwise')
  if (data?.kind === 'COLUMNS') return { kind: 'COLUMNS', columns: data.columns.slice(start, end), isInput: false }
  return { kind: 'SUMS', sums: sumsOf(data).slice(start, end) }
}

/** Puts outputs in order by their totals; each keeps the contributions of the one that it is. */
function sort({ attributes }: GraphNode, [input, count]: readonly (Value | null)[]): Value {
  const integer = (name: string, usual: number) => attributes.get(name)?.integers[0] ?? usual
  const sums = plainSums(input)
  const size = count?.kind === 'CONSTANT' ? count.tensor.values[0] : undefined
  const isSorting = size === sums.length && [1, -1].includes(integer('axis', -1)) && integer('sorted', 1) === 1
  if (!isSorting) throw new UnknownForm('it chooses among outputs')
  const sign = integer('largest', 1) === 1 ? -1 : 1
  return { kind: 'SUMS', sums: [...sums].sort((a, b) => sign * (totalOf(a) - totalOf(b))) }
}
