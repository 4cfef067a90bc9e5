/** Runs one step of the start; what it shows is its own business. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** For starts that nobody watches. */
export const quietly: Step = (_title, work) => work()

/** Prints each step with its seconds when it is done. */
export const onTerminal: Step = async (title, work) => {
  const started = performance.now()
  const terminal = process.stdout.isTTY
  if (terminal) process.stdout.write(`  ${title} …`)
  try {
    const result = await work()
    console.log(`${terminal ? '\r\x1b[K' : ''}✓ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    if (terminal) process.stdout.write('\r\x1b[K')
    throw error
  }
}
