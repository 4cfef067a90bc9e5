import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const ANYA = path.resolve(import.meta.dirname, '..')

test.each([
  ['training/train.ts', 'hourly-return-network'],
  ['mlflow/main.ts', '--version N|@ALIAS'],
  ['admission/export/main.ts', 'features.csv'],
])(
  '--help tells how to use %s, and does nothing',
  (file, said) => {
    expect(execFileSync(process.execPath, [path.join(ANYA, file), '--help'], { encoding: 'utf8' })).toContain(said)
  },
  60_000,
)
