import path from 'node:path'
import { expect, test } from 'vitest'
import { BASELINES } from './nab-baselines.ts'
import { readCorpus } from './nab-corpus.ts'
import { scoreAt } from './nab-scorer.ts'

const { series, profiles } = await readCorpus(path.resolve(import.meta.dirname, '../../../../data/nab'))

/** The scores that were published are printed with 12 digits: what is 1 there is this or more. */
const PUBLISHED_ONE = 1 - 5e-13

// numenta/NAB, results/windowedGaussian/windowedGaussian_standard_scores.csv: score and false positives of each file at its threshold of 1.
test.each([
  ['artificialNoAnomaly/art_daily_small_noise.csv', 0, 0],
  ['artificialWithAnomaly/art_daily_jumpsup.csv', -1, 0],
  ['realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv', -1.266678759349383, 11],
  ['realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv', -1.32, 12],
  ['realAWSCloudwatch/ec2_disk_write_bytes_1ef3de.csv', -4.190896785522053, 48],
  ['realAWSCloudwatch/rds_cpu_utilization_e47b3b.csv', -0.13844919792440225, 0],
  ['realAdExchange/exchange-3_cpc_results.csv', 2.5026632611866138, 1],
  ['realAdExchange/exchange-4_cpc_results.csv', 0.2922884634276035, 4],
  ['realKnownCause/rogue_agent_key_updown.csv', -1.3964908955014117, 8],
  ['realTraffic/TravelTime_387.csv', -1.7959813307852819, 6],
  ['realTraffic/speed_t4013.csv', -2, 0],
  ['realTweets/Twitter_volume_PFE.csv', 0.26557999349038663, 12],
])('the windowed Gaussian detector scores on %s what NAB published: %f', (name, raw, falsePositives) => {
  const file = series.find((each) => each.name === name)!
  const score = BASELINES.windowedGaussian!(file, 0)
  const outcome = scoreAt([{ score, windows: file.windows }], profiles.standard!, PUBLISHED_ONE)
  expect(outcome.raw).toBeCloseTo(raw, 10)
  expect(outcome.falsePositives).toBe(falsePositives)
})
