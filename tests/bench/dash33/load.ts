import { Agent, request } from 'node:http'
import { Samples } from '../samples.ts'

/** Posts GraphQL over kept-alive connections of its own, without the costs of `fetch`: the machine is shared with what is measured. */
export class Load {
  readonly #agent: Agent
  readonly #url: URL
  readonly #headers: Record<string, string>

  constructor(url: string, accessToken: string, connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#url = new URL(url)
    this.#headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` }
  }

  /** @returns the answer's text. */
  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) }
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          text += part
        })
        response.on('end', () => resolve(text))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** Sends `count` bodies at a fixed rate, whether or not the answers keep up: each is timed from when it was due. */
  async openLoop(count: number, perSecond: number, body: (index: number) => string, check: (text: string) => void) {
    const samples = new Samples()
    const begun = performance.now()
    const answers: Promise<void>[] = []
    await new Promise<void>((resolve) => {
      let next = 0
      const send = () => {
        const due = Math.min(count, Math.floor(((performance.now() - begun) * perSecond) / 1000) + 1)
        for (; next < due; next++) {
          const dueAt = begun + (next * 1000) / perSecond
          const answered = this.post(body(next)).then((text) => {
            check(text)
            samples.add(performance.now() - dueAt)
          })
          answers.push(answered)
        }
        if (next < count) setTimeout(send, 1)
        else resolve()
      }
      send()
    })
    await Promise.all(answers)
    return samples
  }

  close(): void {
    this.#agent.destroy()
  }
}
