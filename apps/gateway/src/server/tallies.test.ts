import { Counter, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { TalliedHistogram, Tally } from './tallies.ts'

const names = { labelNames: ['type', 'outcome'], help: 'What "it" tells.' }
const SECONDS = [0.001, 0.01, 0.1]
const observed: [number, string, string][] = [
  [0.0005, 'query', 'OK'],
  [0.001, 'query', 'OK'],
  [0.05, 'mutation', 'OK'],
  [7, 'query', 'OK'],
  [0.02, 'query', 'a "quoted"\nname'],
]

it('tallies are told as prom-client tells its own, each time somebody looks', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const tally = new Tally({ ...names, name: 'done_total', registers: [ours] })
  const histogram = new TalliedHistogram({ ...names, name: 'done_seconds', registers: [ours], buckets: SECONDS })
  const counter = new Counter({ ...names, name: 'done_total', registers: [theirs] })
  const reference = new Histogram({ ...names, name: 'done_seconds', registers: [theirs], buckets: SECONDS })
  expect(await ours.metrics()).toBe(await theirs.metrics())
  for (let times = 0; times < 2; times++) {
    for (const [seconds, type, outcome] of observed) {
      tally.add(type, outcome)
      histogram.tally(seconds, type, outcome)
      counter.inc({ type, outcome })
      reference.observe({ type, outcome }, seconds)
    }
    expect(await ours.metrics()).toBe(await theirs.metrics())
    expect(await ours.metrics()).toBe(await theirs.metrics())
  }
  const valuesOf = async (registry: Registry) =>
    (await registry.getMetricsAsJSON()).map(({ name, values }) => [
      name,
      values.map(({ value, labels }) => [value, labels]),
    ])
  expect(await valuesOf(ours)).toEqual(await valuesOf(theirs))
})
