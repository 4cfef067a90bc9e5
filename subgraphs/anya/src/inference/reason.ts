const MAX_CHARACTERS = 300
/** More is not read: what it costs to look for paths grows with the square. */
const MAX_READ = 4_000

/** Where files of a machine lie, or of the machine that built onnxruntime: an absolute path below a usual root, or to a file of code. */
const PATHS =
  /(?:file:\/\/)?(?<![\w.)\]-])\/(?:(?:home|root|tmp|usr|var|opt|mnt|srv|etc|work|app|data|private|Users|Volumes|onnxruntime_src)\/[^\s'",;:()]*|[^\s'",;()]*\.(?:cc|cpp|h|hpp|c|[mc]?[jt]s|node|so|dylib|onnx)(?:\.\d+)*\b)(?::\d+)*|[A-Za-z]:\\[^\s'",;()]+/g

/**
 * What onnxruntime says, for people: the first line, without the places in its own source, the full names of its functions, and paths of
 * the machine. Names of nodes, which may look like paths, stay.
 */
export function plainReason(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_READ)
  const [before = ''] = message.split(/\s*(?:\/\w+)*\/onnxruntime_src\//)
  const found = before === message ? undefined : /was false\.\s*(.+)$/s.exec(message)?.[1]
  const [first = ''] = (found === undefined ? before : `${before} ${found}`).trim().split('\n')
  return first.replaceAll(PATHS, '…').slice(0, MAX_CHARACTERS) || 'It does not say why.'
}
