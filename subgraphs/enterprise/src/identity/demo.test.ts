import { describe, expect, it } from 'vitest'
import { looksLikeApiKey } from './api-key.ts'
import { demoApiKeys, demoUsers, requireLoopback } from './demo.ts'
import { parseRegistration } from './password.ts'

describe('the demo', () => {
  it('keeps to the rules that everyone keeps to', () => {
    for (const user of Object.values(demoUsers)) expect(parseRegistration(user).ok).toBe(true)
    for (const key of Object.values(demoApiKeys)) expect(looksLikeApiKey(key)).toBe(true)
  })

  it('may exist only where nobody else can reach it', () => {
    for (const host of ['127.0.0.1', '::1', 'localhost']) expect(() => requireLoopback(host)).not.toThrow()
    for (const host of ['0.0.0.0', '::', '192.168.1.7', 'opsource.example.org', '']) {
      expect(() => requireLoopback(host)).toThrow('everyone knows')
    }
  })
})
