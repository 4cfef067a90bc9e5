import { expect, test } from 'vitest'
import {
  binomialCdf,
  chiSquareSurvival,
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
} from './distribution.ts'

test('the normal distribution has its published values, far into both tails', () => {
  expect(normalCdf(0)).toBeCloseTo(0.5, 15)
  expect(normalCdf(1.96)).toBeCloseTo(0.9750021048517795, 12)
  expect(normalCdf(-6) / 9.865876450376981e-10).toBeCloseTo(1, 10)
})

test.each([
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.99, 2.326347874040841],
  [0.05, -1.6448536269514722],
  [1e-10, -6.361340902404056],
])('the normal quantile of %f is the table’s', (p, x) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 11)
  expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 13)
})

test('the normal quantile ends at infinity and is none outside', () => {
  expect([normalQuantile(0), normalQuantile(1), normalQuantile(-0.1)]).toEqual([-Infinity, Infinity, Number.NaN])
})

test.each([
  [3.841458820694124, 1, 0.05],
  [6.634896601021213, 1, 0.01],
  [5.991464547107979, 2, 0.05],
  [9.21034037197618, 2, 0.01],
  [18.307038053275146, 10, 0.05],
])('chi-square beyond %f with %d degrees of freedom has probability %f', (x, degrees, p) => {
  expect(chiSquareSurvival(x, degrees)).toBeCloseTo(p, 12)
})

test.each([
  [2.2281388519649385, 10, 0.975],
  [12.706204736432095, 1, 0.975],
  [-2.763769458112696, 10, 0.01],
])('Student’s t is below %f with %d degrees of freedom with probability %f', (x, degrees, p) => {
  expect(studentCdf(x, degrees)).toBeCloseTo(p, 11)
})

test('ln Γ and the incomplete beta function have their exact values', () => {
  expect(logGamma(10)).toBeCloseTo(Math.log(362_880), 12)
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 12)
  expect(incompleteBeta(2, 3, 0.4)).toBeCloseTo(0.5248, 12)
})

test('the binomial distribution is the sum of its terms', () => {
  const terms = [0, 1, 2].map((k) => [1, 5, 10][k]! * 0.3 ** k * 0.7 ** (5 - k))
  expect(binomialCdf(2, 5, 0.3)).toBeCloseTo(terms[0]! + terms[1]! + terms[2]!, 12)
  expect([binomialCdf(-1, 5, 0.3), binomialCdf(5, 5, 0.3)]).toEqual([0, 1])
})
