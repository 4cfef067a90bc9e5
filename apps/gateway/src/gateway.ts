import type { Gateway, GatewayOptions } from './gateway-options.ts'

/** Rejects, naming what is wrong, where the supergraph cannot be enforced here or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  throw new Error(`not yet: ${options.host}`)
}
