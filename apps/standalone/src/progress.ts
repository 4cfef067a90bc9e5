/** Runs one step of the start; what it shows is its own business. */
export type Step = <T>(title: string, work: () => Promise<T>) => Promise<T>

/** For starts that nobody watches. */
export const quietly: Step = (_title, work) => work()

const underWay = new Set<string>()

/** Prints each step with its seconds when it is done; a terminal shows those that are under way. */
export const onTerminal: Step = async (title, work) => {
  const started = performance.now()
  underWay.add(title)
  showUnderWay()
  try {
    const result = await work()
    underWay.delete(title)
    clearUnderWay()
    console.log(`✓ ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    showUnderWay()
    return result
  } catch (error) {
    underWay.delete(title)
    clearUnderWay()
    throw error
  }
}

function showUnderWay(): void {
  if (process.stdout.isTTY && underWay.size > 0) process.stdout.write(`\r\x1b[K  ${[...underWay].join(', ')} …`)
}

function clearUnderWay(): void {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
}
