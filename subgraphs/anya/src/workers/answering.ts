import { type MessagePort, parentPort } from 'node:worker_threads'
import { END, type WorkerReply, type WorkerRequest } from './messages.ts'

export interface Answering<Request, Answer, Ready> {
  /** What has to be there before anything is answered. Where it throws, the thread will never answer. */
  readonly prepare: () => Promise<Ready>
  readonly answer: (request: Request) => Answer | Promise<Answer>
  /** Memory that moves to the asking thread with the answer. */
  readonly transferOf?: (answer: Answer) => ArrayBuffer[]
  /** Whether the thread is in no known state after an error, and has to end. */
  readonly isFatal?: (error: unknown) => boolean
}

/** The worker thread's side of a `RestartedWorker`. */
export async function answerRequests<Request, Answer, Ready>(
  parts: Answering<Request, Answer, Ready>,
  port: MessagePort | null = parentPort,
): Promise<void> {
  if (!port) throw new Error('a worker answers its parent in a thread of its own')
  const reply = (message: WorkerReply<Answer, Ready>, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer)
  port.on('message', async (message: WorkerRequest<Request> | typeof END) => {
    if (message === END) return port.close()
    const { id, request } = message
    try {
      const answer = await parts.answer(request)
      reply({ kind: 'ANSWER', id, answer }, parts.transferOf?.(answer))
    } catch (error) {
      reply({ kind: 'FAILED', id, message: messageOf(error) })
      if (parts.isFatal?.(error)) throw error
    }
  })
  try {
    reply({ kind: 'READY', ready: await parts.prepare() })
  } catch (error) {
    reply({ kind: 'FAILED', id: null, message: messageOf(error) })
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
