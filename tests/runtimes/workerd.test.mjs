// What is special about workerd's isolates, against the sandbox whose ready line is in SANDBOX_READY.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { here, workerd } from './hosts.mjs'

const sandbox = JSON.parse(process.env.SANDBOX_READY)

/** Stands before the sandbox and answers the first downloads of certificates only when two are waiting. */
const waiting = []
const gate = createServer(async (request, response) => {
  const { method, url, headers } = request
  const body = method === 'GET' ? undefined : await buffer(request)
  if (url.includes('certificates') && waiting.length < 2) {
    await new Promise((resolve) => {
      waiting.push(resolve)
      if (waiting.length === 2) for (const go of waiting) go()
    })
  }
  const answer = await fetch(sandbox.url + url, { method, headers, body })
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await buffer(answer.body))
})

let running
before(async () => {
  await new Promise((resolve) => gate.listen(0, '127.0.0.1', resolve))
  const client = { ...sandbox.client, base_urls: [`http://127.0.0.1:${gate.address().port}`] }
  // Newer compatibility dates let a request wait for what another has begun; older ones and other hosts do not.
  const strict = ['no_handle_cross_request_promise_resolution']
  running = await workerd(here('isolate.mjs'), { SANDBOX: { ...sandbox, client } }, strict)
})
after(() => {
  running?.stop()
  gate.close()
  gate.closeAllConnections()
})

async function asked(...request) {
  const answer = await running.send('/', { method: 'POST', body: JSON.stringify(request) })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

test('requests that need keys at the same time each download them, and all end well', async () => {
  const answers = await Promise.all([asked('declare', 1), asked('declare', 2)])
  assert.deepEqual(answers.map(({ state }) => state), ['UNDECLARED', 'UNDECLARED'])
  assert.equal((await asked('declare', 3)).downloads, 2, 'finished keys are shared')
})

test('a thousand calls leave the memory as large as the first hundred made it', async () => {
  await asked('declare', 1)
  const warm = await asked('query', 100)
  let last
  for (let request = 0; request < 10; request += 1) last = await asked('query', 100)
  assert.equal(last, warm)
})
