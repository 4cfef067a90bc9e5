import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const bundled = path.join(root, 'tools/node/node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
const node = Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : bundled
const env = { ...process.env, PATH: [path.dirname(node), path.join(root, 'node_modules/.bin'), process.env.PATH].join(path.delimiter), APOLLO_TELEMETRY_DISABLED: 'true', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
const args = process.argv.slice(2)
const child = args[0] === '--bin' ? spawn(args[1], args.slice(2), { stdio: 'inherit', env }) : spawn(node, args, { stdio: 'inherit', env })
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
