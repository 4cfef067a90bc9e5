import path from 'node:path'
import { type Instrument, listRecording, noCounts, type RecordedFile, readSteps } from '../recording/index.ts'
import type { MarketDataSource, SourceFaults, Step } from './market-data-source.ts'

/** A folder of recorded files. Its name is the data set's. */
export class RecordedSource implements MarketDataSource {
  readonly name: string
  readonly dataSet: string
  readonly #files: readonly RecordedFile[]

  private constructor(folder: string, files: readonly RecordedFile[]) {
    this.name = folder
    this.dataSet = path.basename(folder)
    this.#files = files
  }

  /** @throws NotARecordingError where the folder cannot be read or holds none. */
  static async open(folder: string): Promise<RecordedSource> {
    return new RecordedSource(folder, await listRecording(folder))
  }

  async covers({ recordedSymbol }: Instrument): Promise<boolean> {
    return this.#files.some((file) => file.recordedSymbol === recordedSymbol)
  }

  async *steps(instruments: readonly Instrument[], depth: number, faults: SourceFaults): AsyncGenerator<Step> {
    const counts = noCounts()
    yield* readSteps(this.#files, instruments, depth, counts)
    faults.malformed += counts.malformed
    faults.gaps += counts.gaps
  }
}
