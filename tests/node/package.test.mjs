// The package from its tarball: how it is loaded, what it tells, and what it keeps to itself.
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { consumers, here, options, order, programs, require, run, withoutAddon, wx } from './installed.mjs'

const { Client } = wx
const client = (more) => new Client({ ...options, ...more })

const dist = here('../../dist')
const tarball = join(dist, readdirSync(dist).find((name) => /^wechatpay-customs-[0-9]/.test(name)))
const tool = (name) => here(`../runtimes/node_modules/.bin/${name}`)

test('publint has nothing to remark', async () => {
  const { stdout, code } = await run(tool('publint'), ['run', '--strict', tarball])
  assert.ok(code === 0 && /All good/.test(stdout), stdout)
})

test('the types are what every kind of importer finds', async () => {
  const { stdout, code } = await run(tool('attw'), ['--no-definitely-typed', tarball])
  assert.equal(code, 0, stdout)
})

test('import and require give the same classes, and the default export holds all', () => {
  const required = require('wechatpay-customs')
  assert.equal(required.Client, Client)
  assert.equal(required.default.Client, Client)
  assert.equal(wx.default.Client, Client)
  const names = Object.keys(wx).filter((name) => name !== 'default')
  assert.deepEqual(names.filter((name) => wx.default[name] !== wx[name]), [])
  assert.deepEqual(Object.keys(required).filter((name) => name !== 'default').sort(), names.sort())
})

const SCRIPT = `
  const wx = require('wechatpay-customs')
  const client = new wx.Client({
    ...JSON.parse(process.env.OPTIONS),
    onAttempt: (attempt) => console.log(attempt.phase, attempt.backend)
  })
  client.declare(JSON.parse(process.env.ORDER)).then(({ state }) => console.log(state, client.backend))
`
const script = (program, cwd, env = {}) =>
  run(program, ['-e', SCRIPT], { cwd, env: { OPTIONS: JSON.stringify(options), ORDER: JSON.stringify(order()), ...env } })

for (const [name, program] of Object.entries(programs)) {
  test(`${name}: require loads the addon, and the process ends by itself`, async () => {
    const { stdout, stderr, code } = await script(program, consumers)
    assert.deepEqual([stdout, stderr, code], ['request native\nresponse native\nUNDECLARED native\n', '', 0])
  })

  test(`${name}: without an addon WebAssembly takes its place, and says so`, async () => {
    const { stdout, stderr, code } = await script(program, withoutAddon)
    assert.deepEqual([stdout, code], ['request wasm\nresponse wasm\nUNDECLARED wasm\n', 0])
    assert.equal(stderr.split('WECHATPAY_CUSTOMS_NO_ADDON] Warning').length, 2, stderr)
    assert.match(stderr, /no addon for linux-x64: .*wechatpay-customs-linux-x64-gnu.*reads no \.p12/s)
  })
}

test('whoever means WebAssembly can say so', async () => {
  const env = { NODE_OPTIONS: '--disable-warning=WECHATPAY_CUSTOMS_NO_ADDON' }
  const { stdout, stderr } = await script(process.execPath, withoutAddon, env)
  assert.deepEqual([stdout, stderr], ['request wasm\nresponse wasm\nUNDECLARED wasm\n', ''])
})

test('NODE_DEBUG tells of attempts', async () => {
  const env = { NODE_DEBUG: 'wechatpay-customs' }
  const native = await script(process.execPath, consumers, env)
  assert.match(native.stderr, /declare, attempt 1: request 127\.0\.0\.1\S* null null 0 ms \(native\)\n/)
  assert.match(native.stderr, /declare, attempt 1: response 127\.0\.0\.1\S* 200 [0-9A-F]{32} \d+ ms \(native\)\n/)
  const wasm = await script(process.execPath, withoutAddon, env)
  assert.match(wasm.stderr, /declare, attempt 1: request .* \(wasm\)\n/)
  for (const { stderr } of [native, wasm]) assert.doesNotMatch(stderr, /MII|PRIVATE|IC2N000001/)
})

test('NODE_DEBUG tells what broke an exchange', async () => {
  const env = { NODE_DEBUG: 'wechatpay-customs', OPTIONS: JSON.stringify({ ...options, baseUrls: ['https://wechatpay-customs.invalid'] }) }
  const { stderr } = await script(process.execPath, consumers, env)
  assert.match(stderr, /declare, attempt 1: thrown: Error: getaddrinfo ENOTFOUND wechatpay-customs\.invalid/)
  assert.doesNotMatch(stderr, /MII|IC2N000001/)
})

test('a diagnostics channel carries the warnings of calls that went through', async () => {
  const published = []
  const listen = (warning) => published.push(warning)
  const warnings = channel('wechatpay-customs:warning')
  warnings.subscribe(listen)
  try {
    await client().declare({ ...order(), customs: 'SHANGHAI_Z' })
    await client().declare(order())
  } finally {
    warnings.unsubscribe(listen)
  }
  assert.deepEqual(
    published.map(({ operation, rule, field, issue }) => [operation, rule, field, /did you mean SHANGHAI_ZS/.test(issue)]),
    [['declare', 'customs_unknown', '/customs', true]]
  )
})

test('a diagnostics channel carries every attempt of every client', async () => {
  const [published, observed] = [[], []]
  const listen = (attempt) => published.push(attempt)
  const attempts = channel('wechatpay-customs:attempt')
  attempts.subscribe(listen)
  try {
    await client({ onAttempt: (attempt) => observed.push(attempt) }).declare(order())
    await assert.rejects(client({ serialNo: '7F' }).declare(order()))
  } finally {
    attempts.unsubscribe(listen)
  }
  assert.deepEqual(published.slice(0, 2), observed)
  assert.deepEqual(
    published.map(({ phase, operation, status, reason, backend }) => [phase, operation, status, reason, backend]),
    [
      ['request', 'declare', null, null, 'native'],
      ['response', 'declare', 200, null, 'native'],
      ['request', 'declare', null, null, 'native'],
      ['response', 'declare', 401, 'SIGN_ERROR', 'native']
    ]
  )
  assert.doesNotMatch(JSON.stringify(published), /MII|PRIVATE|IC2N000001/)
})

test('a KeyObject signs, and one that cannot is refused with what is wrong', async () => {
  const key = createPrivateKey(options.privateKey)
  assert.equal((await client({ privateKey: key }).declare(order())).state, 'UNDECLARED')
  const refused = (privateKey, code, says) =>
    assert.throws(() => client({ privateKey }), (error) => {
      assert.ok(error instanceof wx.WechatPayError && error.code === code, inspect(error))
      assert.match(error.message, says)
      return true
    })
  refused(createPublicKey(key), 'PRIVATE_KEY_INVALID', /is a public key/)
  refused(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'PRIVATE_KEY_INVALID', /RSA/)
  refused(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'PRIVATE_KEY_INVALID', /1024/)
  refused(createSecretKey(Buffer.alloc(32)), 'INVALID_OPTION', /private_?key/i)
})

test('inspect, JSON and structured clones show no secret', async () => {
  const made = [client(), client({ privateKey: createPrivateKey(options.privateKey) })]
  const error = await client({ serialNo: '7F' }).declare(order()).catch((error) => error)
  const texts = [...made, error].flatMap((value) => [
    inspect(value, { depth: 9, showHidden: true, getters: true }),
    JSON.stringify(value),
    inspect(structuredClone(value), { depth: 9, showHidden: true }),
    String(value)
  ])
  assert.match(texts[0], /^Client \{/)
  for (const text of texts) assert.doesNotMatch(text, /MII|PRIVATE/)
})

test('the stack of an error begins where the caller called', async () => {
  async function checkout(action) {
    return await action()
  }
  const first = (error) => error.stack.split('\n').find((line) => line.startsWith('    at '))
  const fields = { ...order(), duty: -1 }
  const wrong = { ...options, serialNumber: 'x' }
  for (const action of [
    () => wx.check('declair', {}),
    () => new Client(wrong),
    () => client().check('declair', {}),
    () => client().declare(fields),
    () => client({ serialNo: '7F' }).declare(order()),
    () => client().prepare('declare', fields),
    () => client().parse('declare', { status: 200, headers: {}, body: '{}' }),
    () => client().explain(null),
    () => client().queryAll({}).next(),
    () => client().importKeys('rubbish'),
    () => wx.prepare('declare', fields, options),
    () => wx.parse('declare', { status: 200, headers: {}, body: '{}' }, options),
    () => wx.explain({}, wrong),
    () => wx.customsOrderFields({}, {})
  ]) {
    const error = await checkout(action).then(() => assert.fail(`${action} passed`), (error) => error)
    assert.ok(error instanceof wx.WechatPayError, inspect(error))
    assert.ok(error.stack.startsWith(`${error.name}: ${error.message}\n`), error.stack)
    assert.match(first(error), /package\.test\.mjs/, `${action}: ${error.stack}`)
  }
})
