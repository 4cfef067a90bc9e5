import { createServer } from 'node:http'
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'

/** Hive Gateway as its documentation starts it, with its JavaScript planner or its Rust one. Arguments: port, planner, file of the supergraph. */
const [port, planner, file] = process.argv.slice(2)
const { unifiedGraphHandler } = planner === 'rust' ? await import('@graphql-hive/router-runtime') : {}
const runtime = createGatewayRuntime({
  supergraph: file,
  logging: false,
  maskedErrors: false,
  ...(unifiedGraphHandler ? { unifiedGraphHandler } : {}),
})
createServer(runtime).listen(Number(port), '127.0.0.1')
