import { respond, respondJson } from '../server/respond.ts'
import type { Handler } from '../server/routes.ts'
import { originOf } from './origin.ts'

/** Apollo's Sandbox lives at Apollo: the page needs a connection there, the graph and its subscriptions stay here. */
export function sandboxPage(endpoint: string, initialQuery: string): Handler {
  return (request, response) => {
    const origin = originOf(request)
    if (!origin) return respondJson(response, 400, { error: 'The host header is not a host.' })
    const options = {
      target: '#sandbox',
      initialEndpoint: origin.http + endpoint,
      initialSubscriptionEndpoint: origin.ws + endpoint,
      includeCookies: false,
      initialState: { document: initialQuery, pollForSchemaUpdates: false },
    }
    // `<` could end the script.
    const literal = JSON.stringify(options).replaceAll('<', '\\u003c')
    respond(response, 200, 'text/html; charset=utf-8', page(literal), { 'cache-control': 'no-cache' })
  }
}

function page(options: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>OPSource: Apollo Sandbox</title>
<style>html, body, #sandbox { margin: 0; height: 100% } p { font: 1rem system-ui; padding: 2rem }</style></head>
<body>
<div id="sandbox"><p>Apollo Sandbox loads from Apollo and needs an internet connection. Without one, use the <a href="/explorer">explorer</a>.</p></div>
<script src="https://embeddable-sandbox.cdn.apollographql.com/_latest/embeddable-sandbox.umd.production.min.js"></script>
<script>if (window.EmbeddedSandbox) new window.EmbeddedSandbox(${options})</script>
</body>
</html>
`
}
