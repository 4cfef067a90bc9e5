// node tools/run.mjs SCRIPT [arguments]      runs a script of this project on Node 24
// node tools/run.mjs --bin NAME [arguments]  runs a program of node_modules/.bin, with Node 24 first on its path
// Both install what is missing or out of date first. Nothing here may need more than the oldest Node that can say so.
const OLDEST_NODE = 20

const major = Number(process.versions.node.split('.')[0])
if (major < OLDEST_NODE) {
  process.stderr.write(
    `OPSource needs Node.js ${OLDEST_NODE} or newer (24 or newer is best); this is ${process.version}.\n`,
  )
  process.exit(1)
}

const { launch } = await import('./launch/launch.mjs')
await launch(process.argv.slice(2))
