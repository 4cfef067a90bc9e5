import { createServer } from 'node:net'

/**
 * Asks before anything is started: a program that already listens there would answer in the service's name.
 * @throws Error naming the service and the port that is taken.
 */
export async function demandFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const reason = await refusalOf(port)
    if (reason !== null) throw new Error(`${name}: ${reason}`)
  }
}

function refusalOf(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? `port ${port} is in use: stop what listens there` : message),
    )
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(null)))
  })
}
