import type { PlanNode, ResponsePath } from '@apollo/query-planner'
import { Fetch, type Run, type Types } from './fetches.ts'

/** Part of a plan, compiled. */
export interface Step {
  run(run: Run): Promise<void>
}

/** @param path where the step's objects stand in the answer. */
export function compileStep(node: PlanNode, types: Types, path: ResponsePath = []): Step {
  const compile = (child: PlanNode) => compileStep(child, types, path)
  switch (node.kind) {
    case 'Fetch':
      return new Fetch(node, path, types)
    case 'Flatten':
      return compileStep(node.node, types, [...path, ...node.path])
    case 'Sequence':
      return new Sequence(node.nodes.map(compile))
    case 'Parallel':
      return new Parallel(node.nodes.map(compile))
    case 'Condition':
      return new Condition(
        node.condition,
        node.ifClause ? compile(node.ifClause) : null,
        node.elseClause ? compile(node.elseClause) : null,
      )
    case 'Defer':
      throw new Error('@defer is not part of the graph')
  }
}

class Sequence implements Step {
  readonly #steps: readonly Step[]

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  async run(run: Run): Promise<void> {
    for (const step of this.#steps) await step.run(run)
  }
}

class Parallel implements Step {
  readonly #steps: readonly Step[]

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  async run(run: Run): Promise<void> {
    await Promise.all(this.#steps.map((step) => step.run(run)))
  }
}

class Condition implements Step {
  readonly #variable: string
  readonly #then: Step | null
  readonly #else: Step | null

  constructor(variable: string, then: Step | null, otherwise: Step | null) {
    this.#variable = variable
    this.#then = then
    this.#else = otherwise
  }

  async run(run: Run): Promise<void> {
    await (run.coerced[this.#variable] === true ? this.#then : this.#else)?.run(run)
  }
}
