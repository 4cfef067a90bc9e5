import { expect, test } from 'vitest'
import { warningsOf } from './data-loss.ts'

test('a migration that only adds warns of nothing', () => {
  expect(
    warningsOf('CREATE TABLE "trade" ("id" TEXT NOT NULL);\nALTER TABLE "trade" ADD COLUMN "fee" TEXT;\n'),
  ).toEqual([])
})

test('every way to lose data is named with its table and step', () => {
  const sql = [
    '-- DropTable\nDROP TABLE "old";',
    'ALTER TABLE "trade" DROP COLUMN "fee";',
    'ALTER TABLE "trade" ALTER COLUMN "price" SET DATA TYPE INTEGER;',
    'ALTER TABLE "trade" ALTER COLUMN "side" SET NOT NULL;',
    'ALTER TABLE "trade" ADD COLUMN     "venue" TEXT NOT NULL;',
    'DROP TYPE "Side";',
  ].join('\n')
  expect(warningsOf(sql)).toEqual([
    { stepIndex: 0, message: 'You are about to drop the table "old". All its data will be lost.' },
    {
      stepIndex: 1,
      message: 'You are about to drop the column "fee" on the table "trade". All its data will be lost.',
    },
    {
      stepIndex: 2,
      message: 'You are about to change the type of "price" on the table "trade": this may fail or lose data.',
    },
    {
      stepIndex: 3,
      message: 'You are about to make "side" on the table "trade" required: this fails if it holds NULLs.',
    },
    {
      stepIndex: 4,
      message:
        'Added the required column "venue" to the table "trade" without a default: this fails if the table is not empty.',
    },
    { stepIndex: 5, message: 'You are about to drop or replace the enum "Side".' },
  ])
})
