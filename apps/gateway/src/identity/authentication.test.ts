import { TokenVerifier } from '@opsource/identity'
import { ManualClock } from '@opsource/kernel'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { API_KEY, Issuer } from '../testing/issuer.ts'
import { type Upstream, UpstreamUnavailable } from '../upstreams/upstream.ts'
import { ApiKeys } from './api-keys.ts'
import { Authentication } from './authentication.ts'
import { Sessions } from './session.ts'

const START = 1_700_000_000_000

/** The issuer as an upstream, that can go away. */
class IssuerUpstream implements Upstream {
  readonly name = 'enterprise'
  readonly issuer: Issuer
  isAway = false
  hangs = false

  constructor(issuer: Issuer) {
    this.issuer = issuer
  }

  async execute({ body }: { body: string }) {
    if (this.hangs) return new Promise<never>(() => {})
    if (this.isAway) throw new UpstreamUnavailable(this.name, 'away')
    const { variables } = JSON.parse(body) as { variables: { apiKey: string } }
    const exchangeApiKey = this.issuer.exchange(variables.apiKey)
    return { result: { data: { exchangeApiKey } }, cacheControl: null }
  }

  subscribe = () => () => {}
  ready = async () => {}
  close = async () => {}
}

describe('authentication', () => {
  let clock: ManualClock
  let issuer: Issuer
  let upstream: IssuerUpstream
  let verifier: TokenVerifier
  let authentication: Authentication

  beforeEach(async () => {
    clock = new ManualClock(START)
    issuer = new Issuer(clock)
    upstream = new IssuerUpstream(issuer)
    verifier = new TokenVerifier({
      keys: async () => issuer.jwks(),
      revocations: async () => '{"revocations":[]}',
      clock,
    })
    await verifier.load()
    authentication = new Authentication(verifier, new ApiKeys(upstream, clock))
  })
  const codeOf = async (header: string | undefined) => {
    const caller = await authentication.authenticate(header)
    return caller.ok ? (caller.value.identity?.userId ?? 'ANONYMOUS') : caller.error.extensions.code
  }

  it('takes no header for nobody, and a header that says nothing for a fault', async () => {
    expect(await codeOf(undefined)).toBe('ANONYMOUS')
    expect(await codeOf('')).toBe('ANONYMOUS')
    for (const header of ['Bearer', 'Bearer ', 'Basic abc', 'token', 'Bearer a, Bearer b'])
      expect(await codeOf(header)).toBe('UNAUTHENTICATED')
  })

  it('passes a token on as it came, whatever the case of its scheme', async () => {
    const token = issuer.token()
    const caller = await authentication.authenticate(`bearer ${token}`)
    expect(caller.ok && caller.value.authorization()).toBe(`Bearer ${token}`)
  })

  describe('knows a caller again by the header,', () => {
    const header = (request: Parameters<Issuer['token']>[0] = {}) => `Bearer ${issuer.token(request)}`
    const known = async (given: string) => {
      const caller = await authentication.authenticate(given)
      if (!caller.ok) throw caller.error
      expect(authentication.recall(given)).toBe(caller.value)
      return caller.value
    }

    it('once it was checked, and nobody by another', async () => {
      const [one, other] = [header({ userId: 'usr_1' }), header({ userId: 'usr_2' })]
      expect(authentication.recall(undefined)?.identity).toBeNull()
      expect(authentication.recall(one)).toBeNull()
      expect((await known(one)).identity?.userId).toBe('usr_1')
      expect(authentication.recall(other)).toBeNull()
      expect((await known(other)).identity?.userId).toBe('usr_2')
      expect(authentication.recall(one)?.identity?.userId).toBe('usr_1')
      expect(authentication.recall(`${one} `)).toBeNull()
      await authentication.authenticate(`ApiKey ${API_KEY}`)
      expect(authentication.recall(`ApiKey ${API_KEY}`)).toBeNull()
    })

    it('until its token ends', async () => {
      const given = header({ lifeMs: 2_000 })
      await known(given)
      clock.advance(1_999)
      expect(authentication.recall(given)).not.toBeNull()
      clock.advance(1)
      expect(authentication.recall(given)).toBeNull()
    })

    it('until its session is revoked', async () => {
      const given = header({ userId: 'usr_1', sessionId: 'ses_1' })
      await known(given)
      const ends = { revokedAt: new Date(START).toISOString(), expiresAt: new Date(START + 900_000).toISOString() }
      verifier.revoke({ userId: 'usr_1', sessionId: 'ses_2', ...ends })
      expect(authentication.recall(given)).not.toBeNull()
      verifier.revoke({ userId: 'usr_1', sessionId: 'ses_1', ...ends })
      expect(authentication.recall(given)).toBeNull()
      expect(await codeOf(given)).toBe('UNAUTHENTICATED')
    })

    it('until the keys are others', async () => {
      const given = header()
      await known(given)
      issuer = new Issuer(clock)
      await verifier.load()
      expect(authentication.recall(given)).toBeNull()
      expect(await codeOf(given)).toBe('UNAUTHENTICATED')
    })
  })

  it('says that the signer is away rather than that the token is bad', async () => {
    const blind = new TokenVerifier({
      keys: () => Promise.reject(new Error('away')),
      revocations: async () => '{"revocations":[]}',
      clock,
    })
    authentication = new Authentication(blind, new ApiKeys(upstream, clock))
    expect(await codeOf(`Bearer ${issuer.token()}`)).toBe('SUBGRAPH_UNAVAILABLE')
  })

  it('keeps the token of an API key until shortly before it ends', async () => {
    for (let i = 0; i < 10; i++) expect(await codeOf(`ApiKey ${API_KEY}`)).toBe('usr_key')
    clock.advance(issuer.keyLifeMs - 61_000)
    expect(await codeOf(`ApiKey ${API_KEY}`)).toBe('usr_key')
    expect(issuer.exchanges).toBe(1)
    clock.advance(2_000)
    expect(await codeOf(`ApiKey ${API_KEY}`)).toBe('usr_key')
    expect(issuer.exchanges).toBe(2)
  })

  it('asks about a wrong key once in a short while', async () => {
    for (let i = 0; i < 10; i++) expect(await codeOf('ApiKey opk_wrong')).toBe('UNAUTHENTICATED')
    expect(issuer.exchanges).toBe(1)
    clock.advance(2_001)
    expect(await codeOf('ApiKey opk_wrong')).toBe('UNAUTHENTICATED')
    expect(issuer.exchanges).toBe(2)
  })

  it('remembers nothing of an issuer that was away', async () => {
    upstream.isAway = true
    expect(await codeOf(`ApiKey ${API_KEY}`)).toBe('SUBGRAPH_UNAVAILABLE')
    upstream.isAway = false
    expect(await codeOf(`ApiKey ${API_KEY}`)).toBe('usr_key')
  })

  describe('behind an open socket', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      return () => vi.useRealTimers()
    })
    const open = async (header: string) => {
      const sessions = new Sessions(authentication)
      let ended: unknown = null
      const session = await sessions.open(header, (fault) => {
        ended = fault.extensions.code
      })
      if (!session.ok) throw session.error
      return { sessions, caller: session.value.caller, close: session.value.close, ended: () => ended }
    }
    const second = async () => {
      clock.advance(1_000)
      await vi.advanceTimersByTimeAsync(1_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }

    it('ends with its token', async () => {
      const { sessions, ended } = await open(`Bearer ${issuer.token({ lifeMs: 2_500 })}`)
      await second()
      await second()
      expect(ended()).toBeNull()
      await second()
      expect(ended()).toBe('UNAUTHENTICATED')
      sessions.close()
    })

    it('of an API key goes on with a fresh token', async () => {
      issuer.keyLifeMs = 62_000
      const { sessions, caller, ended } = await open(`ApiKey ${API_KEY}`)
      const before = caller.authorization()
      for (let i = 0; i < 3; i++) await second()
      expect(issuer.exchanges).toBe(2)
      expect(caller.authorization()).not.toBe(before)
      expect(ended()).toBeNull()
      sessions.close()
    })

    it('of an API key outlives an issuer that is away for as long as its token does', async () => {
      issuer.keyLifeMs = 63_000
      const { sessions, ended } = await open(`ApiKey ${API_KEY}`)
      upstream.isAway = true
      for (let i = 0; i < 10; i++) await second()
      expect(ended()).toBeNull()
      clock.advance(60_000)
      await second()
      expect(ended()).toBe('SUBGRAPH_UNAVAILABLE')
      sessions.close()
    })

    it('ends with its token though the issuer takes its time for the key of another', async () => {
      issuer.keyLifeMs = 60_000
      const sessions = new Sessions(authentication)
      let ended = false
      await sessions.open(`ApiKey ${API_KEY}`, () => {})
      await sessions.open(`Bearer ${issuer.token({ lifeMs: 2_500 })}`, () => {
        ended = true
      })
      upstream.hangs = true
      for (let i = 0; i < 3; i++) await second()
      expect(ended).toBe(true)
      sessions.close()
    })

    it('of an API key ends within 2 s of its session being revoked, though nobody can tell what the key is worth', async () => {
      const { sessions, ended } = await open(`ApiKey ${API_KEY}`)
      await second()
      expect(ended()).toBeNull()
      upstream.hangs = true
      const moment = (ms: number) => new Date(clock.now() + ms).toISOString()
      verifier.revoke({ userId: 'usr_key', sessionId: 'ses_key_1', revokedAt: moment(0), expiresAt: moment(900_000) })
      await second()
      await second()
      expect(ended()).toBe('UNAUTHENTICATED')
      sessions.close()
    })

    it('is no longer watched once it is closed', async () => {
      const { sessions, close, ended } = await open(`Bearer ${issuer.token({ lifeMs: 1_000 })}`)
      close()
      for (let i = 0; i < 3; i++) await second()
      expect(ended()).toBeNull()
      sessions.close()
    })
  })
})
