import { expect, test } from 'vitest'
import { leafValue, type Tree } from './tree.ts'
import { addLeafValues } from './walk.ts'

const DEPTH = 300

/** Each level cuts off the values up to its number. */
function chain(): Tree {
  const size = 2 * DEPTH + 1
  const isLeaf = (node: number) => node % 2 === 1 || node === size - 1
  const nodes = Array.from({ length: size }, (_, node) => node)
  return {
    feature: Int32Array.from(nodes, (node) => (isLeaf(node) ? -1 : 0)),
    threshold: Float32Array.from(nodes, (node) => node / 2),
    missingLeft: new Uint8Array(size),
    left: Int32Array.from(nodes, (node) => node + 1),
    right: Int32Array.from(nodes, (node) => node + 2),
    value: Float32Array.from(nodes),
  }
}

test('rows side by side come to the leaves that they come to alone, however deep the tree is', () => {
  const [tree, values] = [chain(), Float32Array.of(0, 10, 254, 255, 256, 290, 999, Number.NaN)]
  const scores = new Float64Array(values.length)
  addLeafValues(tree, { values, width: 1 }, scores, 0)
  expect(Array.from(scores)).toEqual(Array.from(values, (_, row) => leafValue(tree, values, row)))
})
