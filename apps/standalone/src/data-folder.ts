import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Refusal } from './refusal.ts'

/** Where the platform keeps everything that outlives it. */
export class DataFolder {
  readonly directory: string
  readonly postgres: string
  readonly logFile: string
  readonly #demoMark: string

  private constructor(directory: string) {
    this.directory = directory
    this.postgres = path.join(directory, 'postgres')
    this.logFile = path.join(directory, 'log', 'opsource.log')
    this.#demoMark = path.join(directory, 'demo')
  }

  /** @throws Refusal where nothing can be written. */
  static open(directory: string): DataFolder {
    const folder = new DataFolder(directory)
    try {
      mkdirSync(path.dirname(folder.logFile), { recursive: true, mode: 0o755 })
      accessSync(directory, constants.W_OK)
    } catch {
      throw new Refusal(`OPSource may not write to its data folder ${directory}; OPSOURCE_DATA names another one.`)
    }
    return folder
  }

  /** Once users with public passwords are in the data they stay there: such data never leaves loopback. */
  keepDemoApart(demo: boolean): void {
    if (demo) {
      writeFileSync(this.#demoMark, 'This data has users whose passwords everyone knows.\n')
    } else if (existsSync(this.#demoMark)) {
      throw new Refusal(
        `The data in ${this.directory} has the demo's users: run \`npm run reset\`, or name another folder by OPSOURCE_DATA.`,
      )
    }
  }
}
