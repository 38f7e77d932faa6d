// The Rust program of tests/wasm-client under Node.js, against the sandbox whose ready line is in SANDBOX_READY.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import test from 'node:test'

const { Program } = createRequire(import.meta.url)('../../target/wasm-client/wechatpay_customs_wasm_client.js')
const { client, control_url: control } = JSON.parse(process.env.SANDBOX_READY)
// Single attempts: `network.rs` tests what follows them.
const options = { ...client, max_retries: 0 }
let numbers = 0

const order = () => ({
  out_trade_no: `wasm-client-${process.pid}-${numbers++}`,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})
const program = (more) => new Program(JSON.stringify({ ...options, ...more }))
const declare = async (program, fields = order()) => JSON.parse(await program.declare(JSON.stringify(fields)))
const refused = async (program, fields) =>
  declare(program, fields).then(
    (answer) => assert.fail(JSON.stringify(answer)),
    (error) => JSON.parse(error)
  )

/** A server for as long as a test runs. */
async function served(context, listener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

test('it declares and queries', async () => {
  const own = program()
  const fields = order()
  const declared = await declare(own, fields)
  assert.equal(declared.value.state, 'UNDECLARED')
  assert.equal(declared.value.out_trade_no, fields.out_trade_no)
  assert.match(declared.request_id, /^\w{32}$/)
  assert.deepEqual(declared.warnings, [])
  const question = { order_type: 'out_trade_no', order_no: fields.out_trade_no, customs: 'SHANGHAI_ZS' }
  const found = JSON.parse(await own.query(JSON.stringify(question)))
  assert.deepEqual(
    found.value.data.map(({ state, mch_customs_no }) => [state, mch_customs_no]),
    [['UNDECLARED', 'IC2N000001']]
  )
  const attempts = JSON.parse(own.attempts())
  assert.deepEqual(
    attempts.map(({ operation, phase, status }) => [operation, phase, status]),
    [
      ['declare', 'request', null],
      ['declare', 'response', 200],
      ['query', 'request', null],
      ['query', 'response', 200]
    ]
  )
})

test('calls at once share one download of keys', async () => {
  const own = program({ platform_keys: {} })
  const declared = await Promise.all(Array.from({ length: 5 }, () => declare(own)))
  assert.deepEqual(new Set(declared.map(({ value }) => value.state)), new Set(['UNDECLARED']))
  const attempts = JSON.parse(own.attempts())
  const downloads = attempts.filter(({ operation, phase }) => operation === 'certificates' && phase === 'request')
  assert.equal(downloads.length, 1)
})

test('it says what the service refused', async () => {
  const fields = order()
  await declare(program(), fields)
  const error = await refused(program(), { ...fields, merchant_customs_no: 'IC2N000002' })
  assert.equal(error.kind, 'api')
  assert.equal(error.reason, 'declared_data_differs')
  assert.equal(error.authenticated, true)
})

test('an answer from elsewhere is refused', async (context) => {
  for (const status of [302, 303, 307, 308]) {
    const url = await served(context, (request, response) => {
      response.writeHead(status, { Location: options.base_urls[0] + request.url }).end()
    })
    const error = await refused(program({ base_urls: [url] }))
    assert.equal(error.code, 'REDIRECT_REFUSED')
    assert.equal(error.status, null)
    assert.equal(error.may_have_been_applied, true)
  }
})

test('also if it is rightly signed', async (context) => {
  let answered = 0
  const url = await served(context, async (request, response) => {
    const [, way, path] = request.url.match(/^\/(before|after)(.*)$/)
    if (way === 'before') return response.writeHead(307, { Location: `/after${path}` }).end()
    const { authorization, accept, 'content-type': type, 'user-agent': agent } = request.headers
    const answer = await fetch(options.base_urls[0] + path, {
      method: request.method,
      headers: { authorization, accept, 'content-type': type, 'user-agent': agent },
      body: Buffer.concat(await request.toArray())
    })
    answered = answer.status
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  const straight = await declare(program({ base_urls: [`${url}/after`] }))
  assert.equal(straight.value.state, 'UNDECLARED')
  answered = 0
  const error = await refused(program({ base_urls: [`${url}/before`] }))
  assert.equal(error.code, 'REDIRECT_REFUSED')
  assert.equal(answered, 200)
})

test('a redirect that leads nowhere is refused too', async (context) => {
  const url = await served(context, (_, response) => response.writeHead(302).end())
  const error = await refused(program({ base_urls: [url] }))
  assert.equal(error.code, 'REDIRECT_REFUSED')
  assert.equal(error.status, 302)
})

test('a body that is too large is refused, whether it says so or not', async (context) => {
  const body = Buffer.alloc(2 * 1024 * 1024, ' ')
  for (const headers of [{ 'Content-Length': body.length }, {}]) {
    const url = await served(context, (_, response) => response.writeHead(200, headers).end(body))
    assert.equal((await refused(program({ base_urls: [url] }))).code, 'BODY_TOO_LARGE')
  }
})

test('nobody answers', async (context) => {
  const url = await served(context, (_, response) => response.destroy())
  const error = await refused(program({ base_urls: [url] }))
  assert.equal(error.code, 'TRANSPORT_FAILED')
  assert.equal(error.may_have_been_applied, true)
})

test('an answer breaks off', async (context) => {
  const url = await served(context, (_, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('{', () => response.destroy())
  })
  assert.equal((await refused(program({ base_urls: [url] }))).code, 'BODY_FAILED')
})

test('an answer that is late is not waited for, also when its head has come', async (context) => {
  for (const begin of [() => {}, (response) => response.writeHead(200).write('{')]) {
    const url = await served(context, (_, response) => begin(response))
    const error = await refused(program({ base_urls: [url], timeout: 0.3 }))
    assert.equal(error.code, 'TIMEOUT')
  }
})

test('an answer without a signature is refused', async () => {
  const number = order().out_trade_no
  const body = JSON.stringify({ fault: 'no_signature', order: number })
  const ordered = await fetch(`${control}/faults`, { method: 'POST', body })
  assert.ok(ordered.ok)
  const error = await refused(program(), { ...order(), out_trade_no: number })
  assert.equal(error.code, 'SIGNATURE_MISSING')
})
