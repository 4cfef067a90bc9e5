import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_KEY } from '../testing/issuer.ts'
import { until } from '../testing/reading.ts'
import { Stage } from '../testing/stage.ts'

const CHROMIUM = '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
const isRequired = process.env.OPSOURCE_REQUIRE_SERVERS === '1'
/** A picture of each page is kept here. */
const PICTURES = path.resolve(import.meta.dirname, '../../../../.test-report')

const operations = {
  '01-market.graphql': '# A market.\nquery Market($symbol: String!) { market(symbol: $symbol) { symbol forecast } }\n',
  '01-market.variables.json': '{ "symbol": "A" }',
  '02-token.graphql': `# Gives a token.\nmutation Token { exchangeApiKey(input: { apiKey: "${API_KEY}" }) { ... on AccessTokenIssued { accessToken } } }\n`,
  '03-me.graphql': '# Needs a token.\nquery Me { me { id } }\n',
  '04-live-book.graphql':
    '# The book.\nsubscription Book { book(symbol: "A") { kind sequence market { forecast } } }\n',
  '05-live-fills.graphql': '# Needs a token.\nsubscription Fills { fills { number } }\n',
}

if (!isThere && isRequired) throw new Error(`there is no Chromium at ${CHROMIUM}`)

describe.runIf(isThere)(`the explorer in ${CHROMIUM}`, () => {
  let stage: Stage
  let browser: Browser
  let page: Page
  let folder: string
  const elsewhere = new Set<string>()

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'explorer-test-'))
    await Promise.all(Object.entries(operations).map(([file, text]) => writeFile(path.join(folder, file), text)))
    await mkdir(PICTURES, { recursive: true })
    stage = await Stage.open('in process', { operationsPath: folder })
    const quiet = [
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ]
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...quiet],
    })
    page = await browser.newPage({ viewport: { width: 1400, height: 850 } })
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url())
      if (hostname !== '127.0.0.1' && protocol.startsWith('http')) elsewhere.add(hostname)
    })
    await page.goto(new URL('/', stage.gateway.url).href, { waitUntil: 'networkidle' })
  })
  afterAll(async () => {
    await browser?.close()
    await stage?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = async (title: string) => {
    await page.locator('.window-switcher__item', { hasText: title }).click()
    await page.locator('app-window:not([hidden]) .send-request__button:visible').waitFor()
  }
  const send = () => page.locator('.send-request__button:visible').first().click()
  const shown = async (text: RegExp) => {
    await expect
      .poll(
        () =>
          page
            .locator('app-query-result:visible, .app-result:visible')
            .allInnerTexts()
            .then((texts) => texts.join()),
        { timeout: 40_000 },
      )
      .toMatch(text)
  }

  it('opens where browsers arrive, with every operation as a tab, the first one in front', async () => {
    expect(page.url()).toBe(stage.gateway.explorerUrl)
    await expect
      .poll(() => page.locator('.window-switcher__input').allInnerTexts())
      .toEqual(['market', 'token', 'me', 'live book', 'live fills'])
    await expect
      .poll(() =>
        page
          .locator('.cm-content:visible')
          .allInnerTexts()
          .then((texts) => texts.join()),
      )
      .toContain('query Market')
  })

  it('runs a query with its variables', async () => {
    await open('market')
    await send()
    await shown(/"forecast": 0\.5/)
    await page.screenshot({ path: path.join(PICTURES, 'explorer-query.png') })
  })

  it('runs a live subscription on the same origin', async () => {
    await open('live book')
    await send()
    await until(() => stage.exchange.steps.readerCount === 1, 'the subscription')
    await shown(/SNAPSHOT/)
    stage.exchange.step()
    await shown(/DELTA/)
    await page.screenshot({ path: path.join(PICTURES, 'explorer-subscription.png') })
  })

  it('keeps the token of a login for the tabs that need one', async () => {
    await open('token')
    await send()
    await shown(/accessToken/)
    await open('me')
    await send()
    await shown(/usr_key/)
    await open('live fills')
    await send()
    await until(() => stage.exchange.fills.readerCount === 1, 'the subscription')
    stage.exchange.fills.push(41)
    await shown(/41/)
  })

  it('asked no other host for anything', () => {
    expect([...elsewhere]).toEqual([])
  })
})

describe('the pages of the gateway', () => {
  it('name the subscription endpoint to Apollo Sandbox, serve no file from outside, and refuse a host that is none', async () => {
    const stage = await Stage.open('in process')
    try {
      const get = (where: string, headers = {}) =>
        fetch(new URL(where, stage.gateway.url), { redirect: 'manual', headers })
      expect(await (await get('/sandbox')).text()).toContain(
        `"initialSubscriptionEndpoint":"ws://127.0.0.1:${stage.gateway.port}/graphql"`,
      )
      expect((await get('/')).headers.get('location')).toBe('/explorer')
      expect((await get('/graphql', { accept: 'text/html' })).headers.get('location')).toBe('/explorer')
      expect((await get('/explorer/main.js')).headers.get('content-type')).toContain('javascript')
      expect((await get('/explorer/..%2f..%2fpackage.json')).status).toBe(404)
      expect((await get('/explorer/%2e%2e/package.json')).status).toBe(404)
    } finally {
      await stage.close()
    }
  })
})
