import { describe, expect, it } from 'vitest'
import { PasswordQueue } from './password-queue.ts'

describe('the password queue', () => {
  it('hashes with Argon2id at the parameters of OWASP, and tells right from wrong', async () => {
    const queue = new PasswordQueue()
    const hashed = await queue.hash('correct horse battery')
    if (!hashed.ok) throw new Error('busy')
    expect(hashed.value).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await queue.verify(hashed.value, 'correct horse battery')).toEqual({ ok: true, value: true })
    expect(await queue.verify(hashed.value, 'correct horse batterx')).toEqual({ ok: true, value: false })
  })

  it('lets nobody in where there is no password to compare with', async () => {
    const queue = new PasswordQueue()
    expect(await queue.verify(null, '')).toEqual({ ok: true, value: false })
    expect(await queue.verify(null, 'the password of nobody')).toEqual({ ok: true, value: false })
  })

  it('turns away what exceeds its bound at once, says when to come back, and serves the rest', async () => {
    const queue = new PasswordQueue({ maxWaiting: 3 })
    const answers = await Promise.all(Array.from({ length: 8 }, () => queue.verify(null, 'guess')))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5)
    const refused = answers.filter((answer) => !answer.ok)
    expect(refused).toHaveLength(3)
    for (const answer of refused) expect(!answer.ok && answer.error.retryAfterMs).toBeGreaterThan(0)
    expect(await queue.verify(null, 'guess')).toEqual({ ok: true, value: false })
  })
})
