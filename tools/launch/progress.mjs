const FRAME_MS = 200
/** Where no terminal shows a running clock, a line now and then says that it still works. */
const HEARTBEAT_MS = 20_000

/** Shows one step with its seconds while `work` runs. */
export async function step(title, work) {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  const terminal = process.stderr.isTTY === true
  if (!terminal) process.stderr.write(`  ${title} …\n`)
  const show = () => process.stderr.write(terminal ? `\r\x1b[K  ${title} … ${seconds()}` : `  … ${seconds()}\n`)
  const timer = setInterval(show, terminal ? FRAME_MS : HEARTBEAT_MS)
  try {
    const result = await work()
    process.stderr.write(`${terminal ? '\r\x1b[K' : ''}✓ ${title} (${seconds()})\n`)
    return result
  } catch (error) {
    if (terminal) process.stderr.write('\r\x1b[K')
    throw error
  } finally {
    clearInterval(timer)
  }
}
