import { compareTrees } from './boosted-trees.ts'
import { measureFeatureStore } from './feature-store.ts'
import { measureInference } from './inference.ts'
import { measureFindings, measurePatterns } from './patterns.ts'

/** `npm run bench:anya`, or only some: `npm run bench:anya -- patterns`. */
const sections: Readonly<Record<string, () => Promise<void>>> = {
  'boosted-trees': compareTrees,
  features: measureFeatureStore,
  inference: measureInference,
  patterns: async () => {
    console.table(await measurePatterns())
    console.table(await measureFindings())
  },
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in sections))
if (unknown.length > 0) throw new Error(`There is no ${unknown.join()}: there are ${Object.keys(sections).join(', ')}`)
for (const [name, measure] of Object.entries(sections)) if (asked.length === 0 || asked.includes(name)) await measure()
