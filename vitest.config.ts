import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

// graphql's ESM and CommonJS copies in one process fail as "another realm": everyone gets the CommonJS one, as Node gives it.
const graphql = createRequire(import.meta.url).resolve('graphql')
const shared = { resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] } }
// Of a busy machine: what a test waits for comes much sooner, or never.
const patience = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 40_000, interval: 50 } } }

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          ...patience,
          name: 'unit',
          include: ['{apps,subgraphs,packages}/*/src/**/*.test.ts', 'tests/*.test.ts', 'tests/replay/*.test.ts'],
          exclude: ['**/*.live.test.ts'],
        },
      },
      {
        ...shared,
        test: {
          ...patience,
          name: 'live',
          include: [
            '{apps,subgraphs,packages}/*/src/**/*.live.test.ts',
            'tests/{contract,journeys,walkthrough}/**/*.test.ts',
          ],
          globalSetup: ['tests/support/global-setup.ts'],
          pool: 'forks',
          // These wait for databases and clocks more than they compute: two at a time, also where there are only two cores.
          maxWorkers: 2,
        },
      },
      {
        ...shared,
        test: {
          ...patience,
          name: 'long',
          include: ['tests/failure/**/*.test.ts'],
          globalSetup: ['tests/support/global-setup.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_200_000,
        },
      },
    ],
  },
})
