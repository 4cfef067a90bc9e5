import { createServer } from 'node:net'
import { Refusal } from './refusal.ts'

/** Asks before anything is started, so that the answer comes at once. @throws Refusal where the gateway could not listen. */
export function demandFreePort(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => reject(new Refusal(reasonOf(error, host, port))))
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}

function reasonOf(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} is in use: stop what listens there, or choose another one, as in \`PORT=${port + 1} npm start\`.`
  }
  if (error.code === 'EACCES') return `Port ${port} needs rights that you do not have: choose one above 1023 with PORT.`
  return `OPSource cannot listen on ${host}:${port}: ${error.message}`
}
