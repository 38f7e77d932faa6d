// A fetch of the user's own: what they test with, and how they reach the network.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import crossFetch from 'cross-fetch'
import { HttpResponse, bypass, http } from 'msw'
import { setupServer } from 'msw/node'
import nock from 'nock'
import nodeFetch from 'node-fetch'
import { Agent, MockAgent, ProxyAgent, fetch as undiciFetch, getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { options, order, wx } from './installed.mjs'

const client = (more) => new wx.Client({ ...options, ...more })
const { origin } = new URL(options.baseUrls[0])
const PATH = '/v3/global/customs/orders'

/** What the service answered: the status, the headers and the text. */
async function recorded() {
  const { method, url, headers, body } = await client().prepare('declare', order())
  assert.equal(new URL(url).pathname, PATH)
  const answer = await fetch(url, { method, headers, body })
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }
}

test('msw answers, lets through and breaks', async () => {
  const { status, headers, text } = await recorded()
  const server = setupServer()
  server.listen({ onUnhandledRequest: 'error' })
  try {
    server.use(http.post(`${origin}${PATH}`, () => new HttpResponse(text, { status, headers })))
    assert.equal((await client().declare(order())).state, 'UNDECLARED')
    let seen
    server.use(
      http.post(`${origin}${PATH}`, async ({ request }) => {
        seen = request.headers.get('authorization')
        return fetch(bypass(request))
      })
    )
    assert.equal((await client().declare(order())).state, 'UNDECLARED')
    assert.match(seen, /^WECHATPAY2-SHA256-RSA2048 /)
    server.use(http.post(`${origin}${PATH}`, () => HttpResponse.error()))
    await assert.rejects(client().declare(order()), { kind: 'transport', mayHaveBeenApplied: true })
    server.use(http.post(`${origin}${PATH}`, () => HttpResponse.json({ state: 'SUCCESS' })))
    await assert.rejects(client().declare(order()), { kind: 'signature' })
  } finally {
    server.close()
  }
})

test('nock answers, redirects and breaks', async () => {
  const { status, headers, text } = await recorded()
  const at = () => nock(origin).post(PATH)
  try {
    at().reply(status, text, headers)
    assert.equal((await client().declare(order())).state, 'UNDECLARED')
    at().reply(302, '', { location: 'https://example.com/' })
    await assert.rejects(client().declare(order()), { kind: 'response', status: 302 })
    at().replyWithError(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }))
    await assert.rejects(client().declare(order()), { kind: 'transport', code: 'DNS_FAILED', mayHaveBeenApplied: false })
  } finally {
    nock.cleanAll()
    nock.restore()
  }
})

test('a dispatcher of undici’s sends: its mock, its limits and its proxy', async () => {
  const through = (dispatcher) => client({ fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }) })
  const { status, headers, text } = await recorded()
  const mock = new MockAgent()
  mock.disableNetConnect()
  mock.get(origin).intercept({ path: PATH, method: 'POST' }).reply(status, text, { headers })
  assert.equal((await through(mock).declare(order())).state, 'UNDECLARED')

  const agent = new Agent({ connections: 1, pipelining: 1 })
  const states = await Promise.all(Array.from({ length: 5 }, () => through(agent).declare(order())))
  assert.deepEqual(states.map(({ state }) => state), Array(5).fill('UNDECLARED'))
  await agent.close()

  const asked = []
  const proxy = createServer().on('connect', ({ url }, socket, head) => {
    asked.push(url)
    const [host, port] = url.split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const proxied = () => new ProxyAgent({ uri: `http://127.0.0.1:${proxy.address().port}`, proxyTunnel: true })
  const [own, everyone] = [proxied(), proxied()]
  assert.equal((await through(own).declare(order())).state, 'UNDECLARED')
  const before = getGlobalDispatcher()
  setGlobalDispatcher(everyone)
  try {
    assert.equal((await client({ fetch }).declare(order())).state, 'UNDECLARED')
  } finally {
    setGlobalDispatcher(before)
  }
  await Promise.all([own.close(), everyone.close()])
  proxy.close()
  assert.deepEqual(asked, [new URL(origin).host, new URL(origin).host])
})

test('node-fetch and cross-fetch are taken as they are', async () => {
  for (const fetch of [nodeFetch, crossFetch]) {
    assert.equal((await client({ fetch }).declare(order())).state, 'UNDECLARED')
    await assert.rejects(client({ fetch, baseUrls: ['https://wechatpay-customs.invalid'] }).declare(order()), (error) => {
      assert.deepEqual([error.code, error.mayHaveBeenApplied], ['DNS_FAILED', false])
      assert.match(error.cause.message, /ENOTFOUND/)
      return true
    })
  }
})

test('an answer that was compressed on its way is read alike by fetch and without', async () => {
  const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, GZIP: gzipSync }
  let encoding
  const between = createServer(async (request, response) => {
    const { method, url, headers } = request
    const answer = await fetch(origin + url, { method, headers: { ...headers, host: '' }, body: await buffer(request) })
    const body = compress[encoding](Buffer.from(await answer.arrayBuffer()))
    const told = Object.fromEntries([...answer.headers].filter(([name]) => !['content-length', 'connection'].includes(name)))
    response.writeHead(answer.status, { ...told, 'content-encoding': encoding }).end(body)
  })
  await new Promise((resolve) => between.listen(0, '127.0.0.1', resolve))
  const baseUrls = [`http://127.0.0.1:${between.address().port}`]
  try {
    for (encoding of Object.keys(compress)) {
      for (const more of [{}, { fetch }]) {
        assert.equal((await client({ baseUrls, ...more }).declare(order())).state, 'UNDECLARED', encoding)
      }
    }
    compress.gzip = () => Buffer.from('not compressed')
    encoding = 'gzip'
    for (const more of [{}, { fetch }]) {
      const error = await client({ baseUrls, ...more }).declare(order()).catch((error) => error)
      assert.deepEqual([error.code, error.mayHaveBeenApplied], ['BODY_FAILED', true])
      assert.ok(error.cause instanceof Error)
    }
    // What is small and becomes large is read no further than any body.
    compress.gzip = () => gzipSync(Buffer.alloc(50_000_000))
    for (const more of [{}, { fetch }]) {
      await assert.rejects(client({ baseUrls, ...more }).declare(order()), { code: 'BODY_TOO_LARGE' })
    }
  } finally {
    between.close()
    between.closeAllConnections()
  }
})

test('another global fetch is called, though it came after the package', async () => {
  const own = globalThis.fetch
  const asked = []
  globalThis.fetch = (url, init) => {
    asked.push(new URL(url).pathname)
    return own(url, init)
  }
  try {
    assert.equal((await client().declare(order())).state, 'UNDECLARED')
  } finally {
    globalThis.fetch = own
  }
  assert.deepEqual(asked, [PATH])
})
