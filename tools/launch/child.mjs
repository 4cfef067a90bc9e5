import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Refusal } from './machine.mjs'

/** Runs a program in this terminal. It decides when it ends: this process waits for its drain. @returns its exit code. */
export function runToEnd(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        // A terminal sends Ctrl-C to both of us; a second one would mean "now!".
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
      })
    }
    child.once('error', () => reject(new Refusal(`${command} cannot be started.`)))
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}
