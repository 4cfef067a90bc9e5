export interface Minimum {
  readonly at: readonly number[]
  readonly value: number
  /** False where the limit of evaluations came first. */
  readonly converged: boolean
}

interface Vertex {
  readonly at: readonly number[]
  readonly value: number
}

/**
 * The minimum of a function without derivatives: J. Nelder, R. Mead, "A simplex method for function minimization", Computer Journal 7
 * (1965), with the customary coefficients 1, 2, ½, ½. Converged where the simplex's values agree to `tolerance`.
 * What is not finite counts as infinitely high.
 */
export function minimise(
  target: (at: readonly number[]) => number,
  start: readonly number[],
  { step = 0.3, tolerance = 1e-9, maxEvaluations = 800 } = {},
): Minimum {
  let evaluations = 0
  const vertex = (at: readonly number[]): Vertex => {
    evaluations++
    const value = target(at)
    return { at, value: Number.isFinite(value) ? value : Infinity }
  }
  const simplex = [vertex(start), ...start.map((_, axis) => vertex(start.map((x, i) => (i === axis ? x + step : x))))]
  const sort = () => simplex.sort((a, b) => a.value - b.value)
  const converged = () => simplex.at(-1)!.value - simplex[0]!.value < tolerance
  for (sort(); evaluations < maxEvaluations && !converged(); sort()) {
    const better = nextVertex(simplex, vertex)
    if (better) simplex[simplex.length - 1] = better
    else shrink(simplex, vertex)
  }
  return { ...simplex[0]!, converged: converged() }
}

/** Reflects the worst vertex through the others' centre, farther or less far; undefined where nothing there is better. */
function nextVertex(simplex: readonly Vertex[], vertex: (at: readonly number[]) => Vertex): Vertex | undefined {
  const [best, worst, second] = [simplex[0]!, simplex.at(-1)!, simplex.at(-2)!]
  const others = simplex.length - 1
  const centre = best.at.map((_, axis) => simplex.slice(0, -1).reduce((sum, { at }) => sum + at[axis]!, 0) / others)
  const along = (distance: number) => vertex(centre.map((x, axis) => x + distance * (x - worst.at[axis]!)))
  const reflected = along(1)
  if (reflected.value < best.value) {
    const expanded = along(2)
    return expanded.value < reflected.value ? expanded : reflected
  }
  if (reflected.value < second.value) return reflected
  const contracted = along(reflected.value < worst.value ? 0.5 : -0.5)
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined
}

function shrink(simplex: Vertex[], vertex: (at: readonly number[]) => Vertex): void {
  const best = simplex[0]!
  for (const [index, { at }] of simplex.entries())
    if (index > 0) simplex[index] = vertex(at.map((x, axis) => best.at[axis]! + 0.5 * (x - best.at[axis]!)))
}
