import { Counter, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { PlatformSampler } from './platform-sampler.ts'

it('tells of requests and faults since the last sample, and nothing of what it has not seen', async () => {
  const metrics = new Registry()
  const registers = [metrics]
  const sampler = new PlatformSampler(metrics)
  sampler.start()
  expect(Object.keys(await sampler.sample())).toEqual(['event loop delay'])
  const labelNames = ['subgraph', 'code']
  const requests = new Histogram({ name: 'opsource_subgraph_request_seconds', help: '.', labelNames, registers })
  const errors = new Counter({ name: 'opsource_subgraph_errors_total', help: '.', labelNames, registers })
  expect(await sampler.sample()).toMatchObject({ 'request faults': 0 })
  requests.observe({ subgraph: 'anya' }, 0.01)
  requests.observe({ subgraph: 'mobile' }, 0.03)
  errors.inc({ subgraph: 'anya', code: 'BAD_USER_INPUT' }, 5)
  errors.inc({ subgraph: 'anya', code: 'INTERNAL_SERVER_ERROR' }, 2)
  const seen = await sampler.sample()
  expect(seen['request latency']).toBeCloseTo(20)
  expect(seen['request faults']).toBe(2)
  expect(seen['event loop delay']).toBeGreaterThanOrEqual(0)
  expect(await sampler.sample()).not.toHaveProperty('request latency')
  sampler.close()
})
