import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * docs/WALKTHROUGH.md from the operations that the tests execute and the answers that they got.
 * `node tools/run.mjs tests/walkthrough/document.ts` writes it; `tests/docs.test.ts` holds it to its sources.
 */
const FOLDER = import.meta.dirname
const TARGET = path.resolve(FOLDER, '../../docs/WALKTHROUGH.md')

const INTRODUCTION = `# Walkthrough

Every operation here is a file under \`tests/walkthrough/\`; the tests execute them in this order against the running platform, and the
answers are what they got. \`npm start\` opens them as tabs of the explorer at <http://127.0.0.1:4000/explorer>: log in with the
third, and the tabs that need a token have it.

From a terminal it is one \`curl\`:

\`\`\`sh
curl http://127.0.0.1:4000/graphql -H 'content-type: application/json' \\
  -d '{"query": "{ markets { symbol ticker { bestBid bestAsk } } }"}'
\`\`\`

Subscriptions are served on the same path over WebSocket (\`graphql-transport-ws\`), and over HTTP to who accepts \`multipart/mixed;subscriptionSpec=1.0\`.
`

export function renderWalkthrough(): string {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => file.replace('.graphql', ''))
    .sort()
  return [INTRODUCTION, ...names.map(section)].join('\n')
}

function section(name: string): string {
  const [comment = '', ...operation] = read(`${name}.graphql`).trim().split('\n')
  const variables = existsSync(path.join(FOLDER, `${name}.variables.json`))
    ? `With the variables\n\n${fenced('json', read(`${name}.variables.json`))}\n`
    : ''
  const answer = read(`answers/${name}.json`)
  const kind = answer.startsWith('[') ? 'The first events' : 'The answer'
  return `## ${titleOf(name)}

${comment.replace(/^#\s*/, '')}

${fenced('graphql', operation.join('\n'))}
${variables}
<details><summary>${kind}</summary>

${fenced('json', answer)}
</details>
`.replace(/\n{3,}/g, '\n\n')
}

const read = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8')
const fenced = (language: string, text: string) => `\`\`\`${language}\n${text.trim()}\n\`\`\`\n`

/** `07-live-order-book` → `7. Live order book`. */
function titleOf(name: string): string {
  const [number = '', ...words] = name.split('-')
  const text = words.join(' ')
  return `${Number(number)}. ${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

if (import.meta.main) writeFileSync(TARGET, renderWalkthrough())
