// The TypeScript face over both cores, against the sandbox whose ready line is in SANDBOX_READY.
import assert from 'node:assert/strict'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'

const { client: given } = JSON.parse(process.env.SANDBOX_READY)
const options = {
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  platformKeys: given.platform_keys,
  baseUrls: given.base_urls,
  // What ends a test that hangs; a busy machine is no reason.
  timeout: 600_000,
  // Single attempts: `network.rs` tests what follows them.
  maxRetries: 0,
  deadline: 600_000
}
const { privateKey, ...withoutKey } = options
let orders = 0
const order = () => ({
  out_trade_no: `js-${process.pid}-${++orders}`,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})

for (const entry of ['bindings-node/lib/index.js', 'bindings-wasm/pkg/node.js']) {
  const wx = await import(new URL(`../../${entry}`, import.meta.url))
  const { Client, WechatPayError, check, parse, prepare } = wx
  const it = (name, body) => test(`${entry}: ${name}`, body)
  const client = (more) => new Client({ ...options, ...more })
  const rejects = (promise, expected) =>
    assert.rejects(promise, (error) => {
      assert.ok(error instanceof WechatPayError, inspect(error))
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(error[name], value, `${name}: ${error.message}`)
      return true
    })

  it('a call goes through, and its answer is plain data', async () => {
    const declared = await client().declare(order())
    assert.equal(declared.state, 'UNDECLARED')
    assert.equal(Object.getPrototypeOf(declared), Object.prototype)
    assert.deepEqual(declared.warnings, [])
    assert.match(declared.request_id, /^[0-9A-F]{32}$/)
    await wx.init()
    await wx.init()
  })

  it('errors are real errors of the right class, and data is not lost in them', async () => {
    const error = await client({ serialNo: '7F' }).declare(order()).catch((error) => error)
    assert.ok(error instanceof wx.ApiError && error instanceof Error)
    assert.equal(error.name, 'ApiError')
    assert.equal(error.code, 'SIGN_ERROR')
    assert.equal(error.status, 401)
    assert.equal(error.mayHaveBeenApplied, false)
    assert.equal(typeof error.detail.sign_information.sign_message_length, 'number')
  })

  it('a thousand callers cause one download of keys', async () => {
    const downloads = []
    const onAttempt = (attempt) => attempt.phase === 'request' && attempt.operation === 'certificates' && downloads.push(attempt)
    const fresh = (more) => client({ platformKeys: {}, apiV3Key: given.api_v3_key, onAttempt, ...more })
    const first = fresh()
    await Promise.all(Array.from({ length: 1000 }, () => first.declare(order())))
    assert.equal(downloads.length, 1)
    const second = fresh({ apiV3Key: null })
    await rejects(second.declare(order()), { kind: 'key', code: 'PLATFORM_KEYS_MISSING' })
    await second.importKeys(await first.exportKeys())
    assert.equal((await second.declare(order())).state, 'UNDECLARED')
    await rejects(second.importKeys('rubbish'), { kind: 'key', code: 'PLATFORM_KEY_INVALID' })
    assert.equal(downloads.length, 1)
  })

  it('a signer that throws while keys are downloaded surfaces unchanged', async () => {
    const thrown = new TypeError('the HSM is away')
    const signer = () => { throw thrown }
    const calls = Array.from({ length: 3 }, () =>
      new Client({ ...withoutKey, platformKeys: {}, apiV3Key: given.api_v3_key, signer }).declare(order())
    )
    // All at once: one that fails while another is waited for would be unhandled.
    await Promise.all(calls.map((call) => assert.rejects(call, (error) => error === thrown)))
  })

  it('a caller that gives up waiting for keys leaves the others their download', async () => {
    const shared = client({ platformKeys: {}, apiV3Key: given.api_v3_key })
    const aborter = new AbortController()
    const first = shared.declare(order(), { signal: aborter.signal })
    const second = shared.declare(order())
    aborter.abort(new Error('enough'))
    await assert.rejects(first, /enough/)
    assert.equal((await second).state, 'UNDECLARED')
  })

  it('explain tells why, for a client and for options alone, and a refused call says where', async () => {
    const { headers, ...sent } = await prepare('declare', order(), options)
    const right = await client().explain({ headers: new Headers(headers), ...sent })
    assert.equal(right.failed, null)
    assert.deepEqual(right.checks.map((check) => check.ok), Array(6).fill(true))
    const body = new TextEncoder().encode(JSON.stringify(JSON.parse(sent.body), null, 2))
    const wrong = await wx.explain({ headers, ...sent, body }, { ...options, clock: () => Date.now() })
    assert.deepEqual([wrong.failed, wrong.causes[0].cause], ['bytes', 'reserialised_body'])
    const late = await wx.explain({ headers, ...sent }, { ...withoutKey, signer: () => new Uint8Array(1) }, undefined, 0)
    assert.deepEqual([late.failed, late.causes[0].cause], ['clock', 'clock'])
    await rejects(wx.explain(null, options), { kind: 'input', code: 'INVALID_OPTION' })
    await rejects(wx.explain({}, { serialNumber: 'x' }), { kind: 'input', code: 'INVALID_OPTION' })

    const answer = await fetch(sent.url, { method: sent.method, headers, body })
    assert.equal(answer.status, 401)
    const refusal = { status: 401, headers: answer.headers, body: await answer.text() }
    const explanation = await client().explain(refusal, { headers, ...sent })
    assert.deepEqual([explanation.difference.line, explanation.causes[0].cause], ['body', 'reserialised_body'])
    const error = await client({ serialNo: '7F' }).declare(order()).catch((error) => error)
    assert.match(error.message, /serial_no is not that of the merchant's certificate/)
    assert.match(error.message, /what it objects to is not the signature itself/)
  })

  it('client methods reject, the constructor and check throw at once', async () => {
    assert.throws(() => new Client({ ...options, serialNumber: 'x' }), { kind: 'input', code: 'INVALID_OPTION' })
    assert.throws(() => new Client(), { kind: 'input' })
    assert.throws(() => new Client(null), { kind: 'input' })
    assert.throws(() => new Client(withoutKey), { kind: 'key', code: 'PRIVATE_KEY_MISSING' })
    assert.throws(() => client({ fetch: 'https://example.com' }), { code: 'INVALID_OPTION' })
    assert.throws(() => client({ signer: async () => new Uint8Array(1) }), { code: 'INVALID_OPTION' })
    assert.throws(() => check('declair', {}), { code: 'UNKNOWN_OPERATION' })
    await rejects(prepare('declair', {}, options), { code: 'UNKNOWN_OPERATION' })
    await rejects(prepare('declare', order(), withoutKey), { code: 'PRIVATE_KEY_MISSING' })
    await rejects(client().declare(order(), { timeout: 'soon' }), { code: 'INVALID_OPTION' })
    await rejects(client().declare(order(), { retries: 3 }), { code: 'INVALID_OPTION' })
  })

  it('an option that is null or undefined counts as not given', async () => {
    const declared = await client({ signer: null, fetch: undefined, onAttempt: null, userAgent: null }).declare(order())
    assert.equal(declared.state, 'UNDECLARED')
  })

  it('what JSON cannot say ends as a finding', () => {
    const cycle = {}
    cycle.again = cycle
    for (const value of [888n, NaN, Infinity, () => 888, Symbol('x'), new Date(0), cycle, '\ud800', 8.88, '888', true]) {
      const findings = check('declare', { appid: 'a', mchid: '1230000109', ...order(), duty: value })
      assert.deepEqual(
        findings.map(({ rule, field }) => [rule, field]),
        [['type', '/duty']],
        String(findings.map(({ issue }) => issue))
      )
    }
  })

  it('what JSON cannot say is called what it is, and shown where it has digits', () => {
    const found = (duty) => check('declare', { appid: 'a', mchid: '1230000109', ...order(), duty })[0]
    for (const [value, called] of [
      [888n, 'a bigint'],
      [NaN, 'NaN'],
      [-Infinity, 'infinity'],
      [() => 888, 'a function'],
      [new Uint8Array(3), 'bytes'],
      [new ArrayBuffer(3), 'bytes']
    ]) {
      assert.equal(found(value).issue, `must be a whole number of fen, not ${called}`)
    }
    assert.equal(found(4200000000202611220000000001n).value, '4200000000202611220000000001')
    assert.equal(check('declare', () => {})[0].issue, 'must be a map of fields, not a function')
    assert.equal(check('declare', new Uint8Array(1))[0].issue, 'must be a map of fields, not bytes')
  })

  it('no more is read of what holds itself, or another twice, than there is room for', () => {
    let read = 0
    let tree = 1
    for (let level = 0; level < 18; level++) {
      const inner = tree
      tree = { get first() { read++; return inner }, get second() { return inner } }
    }
    const findings = check('declare', { appid: 'a', mchid: '1230000109', ...order(), duty: tree })
    assert.deepEqual(findings.map(({ rule, field, value }) => [rule, field, value]), [
      ['type', '/duty', { $type: 'something that is too large' }]
    ])
    // Whole it has 2 ** 18 of them.
    assert.ok(read < 150_000, String(read))
  })

  it('errors name options as JavaScript does, and all of them', async () => {
    const refused = (given) => {
      try {
        new Client(given)
      } catch (error) {
        return error
      }
    }
    const unknown = refused({ serial_no: '7F' })
    assert.match(unknown.message, /"serial_no"; did you mean "serialNo"\?/)
    for (const name of ['privateKey', 'baseUrls', 'apiV3Key', 'signer', 'fetch', 'onAttempt', 'clock']) {
      assert.ok(unknown.message.includes(name), name)
    }
    for (const given of [{ serial_no: '7F' }, withoutKey, { ...options, baseUrls: ['http://example.com'] }, { ...options, privateKey: 'x' }]) {
      const { message, advice } = refused(given)
      assert.ok(/[\u4e00-\u9fff]/.test(advice.zh) && advice.en.length > 0, message)
      assert.doesNotMatch(message.replace('"serial_no"', '') + advice.en + advice.zh, /private_key|base_urls|serial_no|platform_keys/)
    }
    const perCall = await client().declare(order(), { timeOut: 1 }).catch((error) => error)
    assert.match(perCall.message, /"timeOut" for one call; did you mean "timeout"\? There are timeout, deadline, maxRetries, signal/)
    const { remedy } = (await wx.explain({ status: 200, headers: {}, body: '' }, options, undefined, 0)).causes[0]
    assert.ok(remedy.length > 0)
  })

  if (entry.startsWith('bindings-node')) {
    it('explain does not hold the event loop up', async () => {
      const names = Array.from({ length: 50_000 }, (_, number) => `"${String(50_000 - number).padStart(6, '0')}":1`)
      const { headers, ...sent } = await prepare('declare', order(), options)
      const happened = []
      const explained = wx.explain({ headers, ...sent, body: `{${names.join(',')}}` }, options).then(() => happened.push('explained'))
      setImmediate(() => happened.push('another turn'))
      await explained
      assert.deepEqual(happened, ['another turn', 'explained'])
    })
  }

  it('a client checks with its own ids and rules filled in', () => {
    const strict = client({ rules: { customs_unknown: 'error' } })
    const findings = strict.check('declare', { ...order(), customs: 'ATLANTIS' })
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [['customs_unknown', 'error']]
    )
  })

  it('a signer of the caller’s signs', async () => {
    const signer = async (message) => createSign('sha256').update(message).sign(privateKey)
    const declared = await new Client({ ...withoutKey, signer }).declare(order())
    assert.equal(declared.state, 'UNDECLARED')
  })

  it('a CryptoKey signs, and one that cannot is refused with what is wrong and how to import it', async () => {
    const der = Buffer.from(privateKey.replace(/-.*-/g, ''), 'base64')
    const imported = (algorithm, usage = 'sign') => crypto.subtle.importKey('pkcs8', der, algorithm, false, [usage])
    const right = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    const key = await imported(right)
    assert.equal((await new Client({ ...withoutKey, privateKey: key }).declare(order())).state, 'UNDECLARED')
    const fixed = [order(), { ...withoutKey, privateKey: key }, 1767225600, '5K8264ILTKCH16CQ2502SI8ZNMTM67VS']
    const { headers } = await prepare('declare', ...fixed)
    fixed[1] = options
    assert.deepEqual(headers, (await prepare('declare', ...fixed)).headers)

    const generated = async (algorithm, usages = ['sign', 'verify']) => crypto.subtle.generateKey(algorithm, false, usages)
    const pair = (name, modulusLength = 2048) =>
      generated({ name, modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' })
    for (const [wrong, says] of [
      [(await pair(right.name)).publicKey, /is a public key/],
      [await generated({ name: 'HMAC', hash: 'SHA-256' }), /is a secret key/],
      [(await generated({ name: 'ECDSA', namedCurve: 'P-256' })).privateKey, /is for ECDSA/],
      [await imported({ name: 'RSA-PSS', hash: 'SHA-256' }), /is for RSA-PSS, not RSASSA-PKCS1-v1_5/],
      [await imported({ name: 'RSA-OAEP', hash: 'SHA-256' }, 'decrypt'), /is for RSA-OAEP/],
      [await imported({ name: right.name, hash: 'SHA-1' }), /is for the hash SHA-1, not SHA-256/],
      [(await pair(right.name, 1024)).privateKey, /has 1024 bits/]
    ]) {
      const refused = (error) => {
        assert.ok(error instanceof wx.KeyMaterialError && error.code === 'PRIVATE_KEY_INVALID', inspect(error))
        assert.match(error.message, says)
        assert.match(error.message, /crypto\.subtle\.importKey\('pkcs8'/)
        return true
      }
      assert.throws(() => new Client({ ...withoutKey, privateKey: wrong }), refused)
    }
    // A pair is no key, and a key and a signer are one too many.
    assert.throws(() => new Client({ ...withoutKey, privateKey: { privateKey: key } }), { code: 'INVALID_OPTION' })
    assert.throws(() => client({ privateKey: key, signer: () => new Uint8Array(256) }), { code: 'INVALID_OPTION' })
    assert.throws(() => client({ privateKey: key, serialNo: null }), { code: 'INVALID_OPTION' })
  })

  it('a signer that raises is heard, and one that gives no bytes is refused', async () => {
    const raised = new Error('the vault is closed')
    const raising = new Client({ ...withoutKey, signer: () => Promise.reject(raised) })
    await assert.rejects(raising.declare(order()), (error) => error === raised)
    const throwing = new Client({
      ...withoutKey,
      signer: () => {
        throw raised
      }
    })
    await assert.rejects(throwing.declare(order()), (error) => error === raised)
    for (const signature of [undefined, {}, 'QUJD', '', [1, 2], 5, new Map()]) {
      await rejects(new Client({ ...withoutKey, signer: () => signature }).declare(order()), { code: 'SIGNING_FAILED' })
    }
  })

  it('cancelling rejects with the reason of the signal', async () => {
    const before = AbortSignal.abort(new Error('too late'))
    await assert.rejects(client().declare(order(), { signal: before }), /too late/)
    const reason = new Error('the customer left')
    const aborter = new AbortController()
    const leaving = () => {
      setImmediate(() => aborter.abort(reason))
      return new Promise(() => {})
    }
    const hanging = client({ fetch: leaving })
    await assert.rejects(hanging.declare(order(), { signal: aborter.signal }), (error) => error === reason)
    const seen = []
    const self = new AbortController()
    const observed = client({
      fetch: () => new Promise(() => {}),
      onAttempt: (attempt) => {
        seen.push([attempt.phase, attempt.may_have_been_applied])
        self.abort(reason)
      }
    })
    await assert.rejects(observed.declare(order(), { signal: self.signal }), (error) => error === reason)
    assert.deepEqual(seen, [
      ['request', false],
      ['failure', true]
    ])
  })

  it('a signal that is none is refused, and nothing is left behind', async () => {
    const hanging = client({ fetch: () => new Promise(() => {}), timeout: 1, deadline: 1 })
    for (const signal of [new AbortController(), {}, 5, 'x', { aborted: true }, new Proxy({}, { get: () => { throw new Error() } })]) {
      await rejects(hanging.declare(order(), { signal }), { kind: 'input', code: 'INVALID_OPTION' })
      await rejects(hanging.queryAll({ order_type: 'out_trade_no', order_no: '1', customs: 'NINGBO' }, { signal }).next(), { code: 'INVALID_OPTION' })
    }
    // What stands in the place of options, and would be overlooked.
    for (const options of [5, 'x', [], () => {}, new AbortController().signal]) {
      await rejects(hanging.declare(order(), options), { kind: 'input', code: 'INVALID_OPTION' })
    }
    await rejects(hanging.declare(order(), { signal: null }), { kind: 'transport' })
    await rejects(hanging.declare(order(), null), { kind: 'transport' })
  })

  it('many calls with one signal leave one listener at most, and none in the end', async () => {
    const { signal } = new AbortController()
    const counted = { now: 0, most: 0 }
    for (const [name, change] of [['addEventListener', 1], ['removeEventListener', -1]]) {
      const own = signal[name].bind(signal)
      signal[name] = (...given) => {
        counted.now += change
        counted.most = Math.max(counted.most, counted.now)
        own(...given)
      }
    }
    const warned = []
    const listen = (warning) => warned.push(warning)
    process.on('warning', listen)
    const shared = client({ timeout: 120_000, deadline: 120_000 })
    await Promise.all(Array.from({ length: 40 }, () => shared.declare(order(), { signal })))
    await new Promise(setImmediate)
    process.off('warning', listen)
    assert.deepEqual(warned, [])
    assert.deepEqual([counted.now, counted.most], [0, 1])
  })

  it('a signal gives up all calls that have it', async () => {
    const aborter = new AbortController()
    const hanging = client({ fetch: () => new Promise(() => {}) })
    const calls = Array.from({ length: 3 }, () => hanging.declare(order(), { signal: aborter.signal }).catch((error) => error))
    const reason = new Error('enough')
    await new Promise(setImmediate)
    aborter.abort(reason)
    assert.deepEqual(await Promise.all(calls), [reason, reason, reason])
  })

  it('attempts are observed, and an observer that throws changes nothing', async () => {
    const seen = []
    const observed = client({
      onAttempt: (attempt) => {
        seen.push(attempt)
        throw new Error('observer')
      }
    })
    await observed.declare(order())
    await client({ onAttempt: () => Promise.reject(new Error('observer')) }).declare(order())
    assert.deepEqual(
      seen.map(({ phase, operation, attempt, status }) => [phase, operation, attempt, status]),
      [
        ['request', 'declare', 1, null],
        ['response', 'declare', 1, 200]
      ]
    )
    assert.doesNotMatch(JSON.stringify(seen), /PRIVATE KEY|IC2N000001/)
  })

  it('a fetch of the caller’s is called without a receiver, and its failures are told apart', async () => {
    let receiver
    await client({
      fetch(...request) {
        receiver = this
        return fetch(...request)
      }
    }).declare(order())
    assert.equal(receiver, undefined)
    const failing = (error) => client({ fetch: () => Promise.reject(error) }).declare(order())
    await rejects(failing(undefined), { kind: 'transport', code: 'TRANSPORT_FAILED', mayHaveBeenApplied: true })
    await rejects(failing(Object.assign(new Error(), { sent: false })), { mayHaveBeenApplied: false })
    for (const [code, expected] of [
      ['ENOTFOUND', { code: 'DNS_FAILED', mayHaveBeenApplied: false }],
      ['ECONNREFUSED', { code: 'CONNECT_FAILED', mayHaveBeenApplied: false }],
      ['UND_ERR_CONNECT_TIMEOUT', { code: 'TIMEOUT', mayHaveBeenApplied: false }],
      ['EAI_AGAIN', { code: 'DNS_FAILED', mayHaveBeenApplied: false }],
      ['EHOSTUNREACH', { code: 'CONNECT_FAILED', mayHaveBeenApplied: false }],
      ['ENETUNREACH', { code: 'CONNECT_FAILED', mayHaveBeenApplied: false }],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', { code: 'TLS_FAILED', mayHaveBeenApplied: false }],
      ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', { code: 'TLS_FAILED', mayHaveBeenApplied: false }],
      ['CERT_HAS_EXPIRED', { code: 'TLS_FAILED', mayHaveBeenApplied: false }],
      ['ERR_TLS_CERT_ALTNAME_INVALID', { code: 'TLS_FAILED', mayHaveBeenApplied: false }],
      // An alert after the request looks the same.
      ['ERR_SSL_WRONG_VERSION_NUMBER', { code: 'TLS_FAILED', mayHaveBeenApplied: true }],
      ['EPIPE', { code: 'CONNECTION_RESET', mayHaveBeenApplied: true }],
      ['ECONNRESET', { code: 'CONNECTION_RESET', mayHaveBeenApplied: true }]
    ]) {
      await rejects(failing(new TypeError('fetch failed', { cause: { code } })), expected)
    }
    // The way to the host can be lost while its answer is awaited.
    for (const syscall of ['read', 'write', 'writev']) {
      await rejects(failing(new TypeError('fetch failed', { cause: { code: 'EHOSTUNREACH', syscall } })), { mayHaveBeenApplied: true })
    }
  })

  it('what was thrown is the cause of the error', async () => {
    const boom = new Error('boom')
    const cause = async (fetch) => (await client({ fetch }).declare(order()).catch((error) => error)).cause
    assert.equal(await cause(async () => { throw boom }), boom)
    assert.equal(await cause(() => { throw boom }), boom)
    const broken = new ReadableStream({ pull: (controller) => controller.error(boom) })
    assert.equal(await cause(async () => new Response(broken)), boom)
    const error = await client({ fetch: async () => { throw boom } }).declare(order()).catch((error) => error)
    assert.match(inspect(error), /boom/)
    assert.doesNotMatch(JSON.stringify(error), /boom/)
    // A download of keys that fails is told like the call.
    const downloading = client({ platformKeys: {}, apiV3Key: given.api_v3_key, fetch: async () => { throw boom } })
    assert.equal((await downloading.declare(order()).catch((error) => error)).cause, boom)
    const refused = await client({ serialNo: '7F' }).declare(order()).catch((error) => error)
    assert.equal(refused.cause, undefined)
    // A parser's copy of what it read, such as a name, goes no further.
    const parser = Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_CONSTANT', data: 'ID 110101199003074477' })
    const told = await client({ fetch: () => Promise.reject(new TypeError('fetch failed', { cause: parser })) }).declare(order()).catch((error) => error)
    assert.doesNotMatch(inspect(told, { depth: 9, showHidden: true }), /110101199003074477/)
  })

  it('an answer of another library’s fetch is read, and what is no Response is named', async () => {
    const like = (more) => async (...request) => {
      const { status, headers, ...answer } = await fetch(...request).then(async (response) => ({
        status: response.status,
        headers: response.headers,
        bytes: Buffer.from(await response.arrayBuffer())
      }))
      return { status, headers, ...more(answer.bytes) }
    }
    for (const fetch of [
      // As node-fetch and cross-fetch have it on Node.js, and whatwg-fetch elsewhere.
      like((bytes) => ({ body: Readable.from([bytes.subarray(0, 9), bytes.subarray(9)]) })),
      like((bytes) => ({ arrayBuffer: async () => new Uint8Array(bytes).buffer }))
    ]) {
      assert.equal((await client({ fetch }).declare(order())).state, 'UNDECLARED')
    }
    const endless = like(() => ({ body: Readable.from((function* () { for (;;) yield Buffer.alloc(600_000) })()) }))
    await rejects(client({ fetch: endless }).declare(order()), { code: 'BODY_TOO_LARGE' })
    for (const nothing of [undefined, null, {}, 'x', { status: 200 }, { status: 200, headers: {} }]) {
      const error = await client({ fetch: async () => nothing }).declare(order()).catch((error) => error)
      assert.deepEqual([error.code, error.mayHaveBeenApplied], ['TRANSPORT_FAILED', true])
      assert.match(error.cause.message, /`fetch` gave no Response/)
    }
    const words = like(() => ({ body: Readable.from(['text']) }))
    assert.match((await client({ fetch: words }).declare(order()).catch((error) => error)).cause.message, /not bytes/)
  })

  it('a body that cannot be cancelled, and time limits beyond a timer’s, harm nothing', async () => {
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(600_000)),
          cancel: () => Promise.reject(new Error('no'))
        })
      )
    await rejects(client({ fetch: async () => endless() }).declare(order()), { code: 'BODY_TOO_LARGE' })
    const declared = await client({ timeout: 2 ** 40, deadline: 2 ** 50 }).declare(order())
    assert.equal(declared.state, 'UNDECLARED')
  })

  it('queryAll gives every record, page by page', async () => {
    const payment = `js-pages-${process.pid}-${orders}`
    const parts = ['1', '2', '3'].map((part) => `${payment}-${part}`)
    for (const part of parts) {
      await client().declare({
        ...order(),
        transaction_id: payment,
        sub_order_no: part,
        fee_type: 'CNY',
        order_fee: 3,
        transport_fee: 1,
        product_fee: 2
      })
    }
    const query = { order_type: 'transaction_id', order_no: payment, customs: 'SHANGHAI_ZS', limit: 1 }
    const found = []
    for await (const record of client().queryAll(query)) found.push(record.sub_order_no)
    assert.deepEqual(found, parts)
    await rejects(client().queryAll({ ...query, limit: 0 }).next(), { code: 'INVALID_FIELDS' })
  })

  it('a check takes JSON text, in which a field can stand twice', () => {
    const twice = `{"customs":"NINGBO",${JSON.stringify({ appid: 'a', mchid: '1230000109', ...order() }).slice(1)}`
    assert.deepEqual(
      check('declare', twice).map(({ rule, field }) => [rule, field]),
      [['duplicate_field', '/customs']]
    )
  })

  it('prepare and parse let the caller send', async () => {
    const { method, url, headers, body, warnings } = await prepare('declare', order(), options)
    assert.deepEqual(warnings, [])
    const response = await fetch(url, { method, headers, body })
    const raw = await response.text()
    const received = { status: response.status, headers: response.headers, body: raw }
    assert.equal((await parse('declare', received, options)).state, 'UNDECLARED')
    const listed = Object.fromEntries([...response.headers].map(([name, value]) => [name, [value]]))
    assert.equal((await client().parse('declare', { ...received, headers: listed })).state, 'UNDECLARED')
    const onlyKeys = { platformKeys: options.platformKeys }
    const bytes = { ...received, body: new TextEncoder().encode(raw) }
    assert.equal((await parse('declare', bytes, onlyKeys)).state, 'UNDECLARED')
    await rejects(parse('declare', { ...received, body: raw.replace('UNDECLARED', 'SUCCESS') }, options), {
      code: 'SIGNATURE_MISMATCH'
    })
    const query = await prepare('query', { order_type: 'out_trade_no', order_no: 'x', customs: 'NINGBO' }, options)
    assert.equal(query.body, null)
  })

  it('members called __proto__ are own ones, in answers, errors and findings', async () => {
    const { privateKey: signing, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const id = 'PUB_KEY_ID_0112345678901234567890123456789099'
    const platformKeys = { [id]: publicKey.export({ type: 'spki', format: 'pem' }) }
    const signed = (status, body) => {
      const at = String(Math.floor(Date.now() / 1000))
      const signature = createSign('sha256').update(`${at}\nnonce\n${body}\n`).sign(signing, 'base64')
      const headers = { 'Wechatpay-Timestamp': at, 'Wechatpay-Nonce': 'nonce', 'Wechatpay-Signature': signature, 'Wechatpay-Serial': id }
      return { status, headers, body }
    }
    const evil = '{"sub_order_id":"ID-OF-ANOTHER","issue":"evil"}'
    const own = (value) => {
      assert.equal(Object.getPrototypeOf(value), Object.prototype)
      assert.deepEqual(Object.getOwnPropertyDescriptor(value, '__proto__').value, JSON.parse(evil))
      assert.equal(value.sub_order_id ?? value.issue, undefined)
    }
    own(await parse('modify', signed(200, `{"state":"SUCCESS","__proto__":${evil}}`), { platformKeys }))
    const record = { ...order(), state: 'SUCCESS', merchant_customs_no: undefined, mch_customs_no: '1' }
    const listed = `{"data":[{"__proto__":${evil},${JSON.stringify(record).slice(1)}],"offset":0,"limit":20,"total_count":1}`
    own((await parse('query', signed(200, listed), { platformKeys })).data[0])
    const fetchListed = async () => new Response(listed, { headers: signed(200, listed).headers })
    const pages = client({ platformKeys, fetch: fetchListed }).queryAll({ order_type: 'out_trade_no', order_no: record.out_trade_no, customs: 'SHANGHAI_ZS' })
    own((await pages.next()).value)
    for (const answer of [{ status: 400, headers: {} }, signed(400, '')]) {
      const body = `{"code":"PARAM_ERROR","message":"x","detail":{"__proto__":${evil}}}`
      own((await parse('declare', { ...answer, body }, { platformKeys }).catch((error) => error)).detail)
    }
    const given = JSON.parse(`{"__proto__":{"__proto__":${evil}}}`)
    own(check('declare', given).find(({ field }) => field === '/__proto__').value)
    own(check('declare', JSON.stringify(given)).find(({ field }) => field === '/__proto__').value)
    const error = await client().declare({ ...order(), ...JSON.parse(`{"x":{"__proto__":${evil}}}`) }).catch((error) => error)
    own(error.findings.find(({ field }) => field === '/x').value)
  })

  it('what cannot be read ends in findings and documented errors, whatever takes it', async () => {
    const throwing = { get duty() { throw new Error('boom') } }
    const lone = { ['a\ud800']: 1 }
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const closed = new Proxy({}, { ownKeys() { throw new Error('boom') } })
    const found = (fields) => check('declare', { appid: 'a', mchid: '1230000109', ...order(), ...fields }).map(({ rule, field }) => [rule, field])
    assert.deepEqual(check('declare', Object.assign(throwing, order(), { appid: 'a', mchid: '1230000109' })).map(({ field }) => field), ['/duty'])
    assert.deepEqual(found(lone), [['unknown_field', '/a\ufffd']])
    for (const value of [proxy, closed, [proxy]]) assert.deepEqual(found({ duty: value }), [['type', '/duty']])
    for (const fields of [proxy, closed]) assert.ok(check('declare', fields).length > 0)
    const endless = { *entries() { for (;;) yield ['a', 1] } }
    const bad = [throwing, lone, endless, new Array(2 ** 32 - 1), proxy, closed, Symbol('x'), 5n, () => {}, null, 'x']
    const documented = async (action) => {
      const error = await (async () => action())().catch((error) => error)
      if (error instanceof Error) assert.ok(error instanceof WechatPayError, inspect(error))
    }
    for (const value of bad) {
      for (const action of [
        () => new Client(value),
        () => client({ mchid: value }),
        () => client({ privateKey: value }),
        () => client({ platformKeys: value }),
        () => client({ platformKeys: { a: value } }),
        () => client({ rules: value }),
        () => check(value, {}),
        () => check('declare', value),
        () => check('declare', {}, value),
        () => client().check('declare', value, value),
        () => client().declare(value),
        () => client().declare(order(), value),
        () => client().declare(order(), { timeout: value }),
        () => prepare('declare', value, options),
        () => prepare('declare', order(), value),
        () => prepare('declare', order(), options, value, value, value),
        () => parse('declare', value, options),
        () => parse('declare', { status: 400, headers: value, body: '{}' }, options),
        () => parse('declare', { status: value, headers: {}, body: value }, options, value, value),
        () => parse('declare', { status: 400, headers: {}, body: '{"code":"PARAM_ERROR"}' }, options, value),
        () => wx.explain(value, options),
        () => wx.explain({ status: 400, headers: value, body: '' }, options, value, value),
        () => wx.customsOrderFields(value, {}),
        () => wx.customsOrderFields(order(), value, value),
        () => client().importKeys(value),
        () => client().queryAll(value, value).next()
      ]) {
        await documented(action)
      }
    }
    // What only looks like a key: nobody can sign with it.
    const held = { type: 'private', algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' }, modulusLength: 2048 }, usages: ['sign'] }
    const described = { $type: 'CryptoKey', type: 'private', algorithm: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulus_length: 2048, usages: ['sign'] }
    for (const privateKey of [described, { $type: 'x' }, { [Symbol.toStringTag]: 'CryptoKey' }, { [Symbol.toStringTag]: 'KeyObject' }, { $type: 'CryptoKey', ...held }]) {
      assert.throws(() => client({ privateKey }), (error) => error instanceof WechatPayError && error.kind === 'input')
      await rejects(prepare('declare', order(), { ...options, privateKey }), { kind: 'input' })
    }
    for (const clock of [() => 'x', () => NaN, () => undefined, () => 5n]) {
      await rejects(client({ clock }).declare(order()), { code: 'INVALID_OPTION' })
      await rejects(client({ clock }).explain({ status: 400, headers: {}, body: '' }), { code: 'INVALID_OPTION' })
    }
  })

  it('bytes are taken in every form that there is', async () => {
    const bytes = new TextEncoder().encode(privateKey)
    const elsewhere = runInNewContext('new Uint8Array(bytes)', { bytes: Array.from(bytes) })
    for (const key of [bytes, bytes.buffer, Buffer.from(bytes), new DataView(bytes.buffer), elsewhere, elsewhere.buffer]) {
      assert.equal((await client({ privateKey: key }).declare(order())).state, 'UNDECLARED')
    }
    const sign = (message) => createSign('sha256').update(message).sign(privateKey)
    const copy = (signature) => Uint8Array.from(signature)
    for (const signer of [sign, (message) => copy(sign(message)).buffer, (message) => runInNewContext('new Uint8Array(bytes)', { bytes: Array.from(sign(message)) })]) {
      assert.equal((await new Client({ ...withoutKey, signer }).declare(order())).state, 'UNDECLARED')
    }
  })

  it('an error says all of itself as JSON, and has its name wherever it is shown', async () => {
    const error = await client({ serialNo: '7F' }).declare(order()).catch((error) => error)
    const told = JSON.parse(JSON.stringify(error))
    assert.deepEqual([told.name, told.message, told.code, told.kind], ['ApiError', error.message, 'SIGN_ERROR', 'api'])
    assert.equal(error.constructor.name, 'ApiError')
    assert.equal(wx.WechatPayError.name, 'WechatPayError')
    assert.match(inspect(error), /^ApiError: /)
    for (const name of Object.keys(wx).filter((name) => name.endsWith('Error') && /^[A-Z]/.test(name))) assert.equal(wx[name].name, name)
  })

  it('neither clients nor errors show the private key', async () => {
    const shown = inspect(client(), { depth: 9, showHidden: true }) + JSON.stringify(client())
    assert.doesNotMatch(shown, /MII/)
    assert.throws(
      () => client({ privateKey: privateKey.slice(0, 500) }),
      (error) => error.code === 'PRIVATE_KEY_INVALID' && !/MII/.test(inspect(error, { depth: 9, showHidden: true }))
    )
  })
}

test('before the module is loaded, whatever is asked for ends in a documented error that says what to call', async (context) => {
  // A copy, whose module nobody has loaded.
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-customs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  cpSync(fileURLToPath(new URL('../../bindings-wasm/pkg', import.meta.url)), folder, { recursive: true })
  const wx = await import(join(folder, 'slim.js'))
  for (const action of [
    () => wx.check('declare', {}),
    () => new wx.Client(options),
    () => wx.customsOrderFields({}, {}),
    () => wx.prepare('declare', order(), options),
    () => wx.parse('declare', { status: 400, headers: {}, body: '{}' }, options),
    () => wx.explain({}, options),
    () => wx.init()
  ]) {
    const error = await (async () => action())().catch((error) => error)
    assert.ok(error instanceof wx.StateError, inspect(error))
    assert.deepEqual([error.kind, error.code, error.findings], ['state', 'NOT_LOADED', []])
    assert.match(error.advice.en, /await init/)
    assert.match(error.message, /await init\(/)
  }
})
