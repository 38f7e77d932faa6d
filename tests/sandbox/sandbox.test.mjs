// The package that starts the sandbox, as npm has installed it from its tarball. Runs in a folder below the one that has the packages.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Sandbox } from 'wechatpay-customs-sandbox'

/** The repository's folder. */
const ROOT = new URL('../../../', import.meta.url)
let orders = 0
const order = () => ({
  out_trade_no: `npm-${++orders}`,
  transaction_id: `42000000002026112200${String(orders).padStart(8, '0')}`,
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})

/** What a declare comes to that meets the fault of this name. */
const FAULTS = {
  no_signature: { code: 'SIGNATURE_MISSING' },
  wrong_signature: { code: 'SIGNATURE_MISMATCH' },
  probe_signature: { code: 'SIGNATURE_PROBE' },
  stale_clock: { seconds: 3600, code: 'TIMESTAMP_SKEWED' },
  unknown_serial: { code: 'SERIAL_UNKNOWN' },
  rotated_key: { state: 'UNDECLARED' },
  duplicated_header: { code: 'SIGNATURE_DUPLICATED' },
  truncated_body: { code: 'BODY_FAILED' },
  html: { code: 'SIGNATURE_MISSING' },
  rate_limited: { retry_after: 7, code: 'RATE_LIMITED', retryAfter: 7_000 },
  server_error: { status: 503, code: 'SERVICE_UNAVAILABLE' },
  slow: { ms: 60_000, timeout: 50, code: 'TIMEOUT' },
  reset_after: { bytes: 5, code: 'BODY_FAILED' },
  late: { ms: 60_000, mayHaveBeenApplied: true },
  late_record: { seconds: 600, state: 'UNDECLARED' },
  rival: { merchant_customs_no: 'IC2N000002', reason: 'declared_data_differs' },
  drop_before: { mayHaveBeenApplied: true },
  drop_after: { mayHaveBeenApplied: true },
  error: { refusal: 'refunded_order', reason: 'refunded_order' },
  state: { of: 'EXCEPT', state: 'EXCEPT' }
}

describe('a sandbox', () => {
  let sandbox
  before(async () => (sandbox = await Sandbox.start({ mchid: '900000001', seed: 1 })))
  after(() => sandbox.stop())

  test('tells all that a client needs', async () => {
    assert.match(sandbox.url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.deepEqual(sandbox.options.baseUrls, [sandbox.url])
    assert.equal(sandbox.options.mchid, '900000001')
    const wx = await import('wechatpay-customs')
    const own = new wx.Client(sandbox.options)
    assert.equal((await own.declare(order())).state, 'UNDECLARED')
    assert.ok(sandbox.client() instanceof wx.Client)
    assert.throws(() => sandbox.client({ serialNumber: '7F' }), { code: 'INVALID_OPTION' })
  })

  test('is the same for import and require', () => {
    assert.equal(createRequire(import.meta.url)('wechatpay-customs-sandbox').Sandbox, Sandbox)
  })

  test('knows the faults that this file knows', async () => {
    const { message } = await sandbox.fault('unheard_of').catch((error) => error)
    assert.match(message, /^the sandbox refuses POST faults: no such fault/)
    const [, named] = message.split('expected one of')
    assert.deepEqual([...named.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), Object.keys(FAULTS).sort())
  })

  for (const [fault, { of, timeout, ...expected }] of Object.entries(FAULTS)) {
    test(`orders the fault ${fault}`, async () => {
      const { seconds, refusal, ms, bytes, status, retry_after, merchant_customs_no, ...told } = expected
      const parameters = { seconds, refusal, ms, bytes, status, retry_after, merchant_customs_no, state: of }
      // On a busy machine the time limit may be over before the sandbox has the request: then again with more.
      for (let limit = timeout, left = [fault]; left.length > 0; limit *= 4) {
        const wanted = order()
        await sandbox.clearFaults()
        await sandbox.fault(fault, { order: wanted.out_trade_no, ...parameters })
        assert.equal((await sandbox.faults()).length, 1)
        const outcome = await sandbox.client().declare(wanted, { timeout: limit, maxRetries: 0 }).catch((error) => error)
        for (const [name, value] of Object.entries(told)) assert.equal(outcome[name], value, `${name}: ${outcome}`)
        left = await sandbox.faults()
        if (timeout === undefined) assert.deepEqual(left, [])
      }
    })
  }

  test('takes faults back', async () => {
    await sandbox.fault('drop_before', { operation: 'declare', times: 3 })
    assert.deepEqual(await sandbox.faults(), [{ fault: 'drop_before', operation: 'declare', times: 3 }])
    await sandbox.clearFaults()
    assert.equal((await sandbox.client().declare(order())).state, 'UNDECLARED')
  })

  test('changes a record at once', async () => {
    const declared = order()
    await sandbox.client().declare(declared)
    assert.deepEqual(await sandbox.fault('state', { state: 'FAIL', order: declared.out_trade_no }), { changed: 1 })
    assert.equal(await sandbox.change({ out_trade_no: declared.out_trade_no, duty: 7 }), 1)
    await assert.rejects(sandbox.change({ out_trade_no: 'none', duty: 7 }), /there is no such declaration/)
  })

  test('has a clock that is moved', async () => {
    const client = sandbox.client()
    const declared = order()
    await client.declare(declared)
    const state = async () => {
      const named = { order_type: 'out_trade_no', order_no: declared.out_trade_no, customs: declared.customs }
      return (await client.query(named)).data[0].state
    }
    const now = await sandbox.advance(60)
    assert.equal(await state(), 'PROCESSING')
    assert.ok((await sandbox.advance(120)) >= now + 120)
    assert.equal(await state(), 'SUCCESS')
    await assert.rejects(sandbox.advance(-1), /`advance_s` must not be negative/)
  })

  test('rotates its certificate, registers payments and identities, and has settings', async () => {
    const { serial_no, certificate } = await sandbox.rotate()
    assert.match(certificate, /BEGIN CERTIFICATE/)
    const client = sandbox.client()
    assert.ok((await client.certificates()).data.some((listed) => listed.serial_no === serial_no))

    const paid = order()
    const payment = { out_trade_no: paid.out_trade_no, transaction_id: paid.transaction_id, amount: 888 }
    await sandbox.payment(payment)
    assert.equal((await sandbox.payments())[0].amount, 888)
    const amounts = { fee_type: 'CNY', order_fee: 999, transport_fee: 0, product_fee: 999, sub_order_no: 'part' }
    const over = () => client.declare({ ...paid, ...amounts }).catch(({ code }) => code)
    assert.equal(await over(), 'INVALID_REQUEST')
    assert.equal((await sandbox.settings({ wrong_amount: 'PARAM_ERROR' })).wrong_amount, 'PARAM_ERROR')
    assert.equal((await sandbox.settings()).wrong_amount, 'PARAM_ERROR')
    assert.equal(await over(), 'PARAM_ERROR')
    await assert.rejects(sandbox.settings({ colour: 'red' }), /unknown field `colour`/)

    const identity = { certificate_id: '11010519491231002X', certificate_name: '李四' }
    await sandbox.identity(identity)
    const declared = order()
    await client.declare(declared)
    const checked = await client.verifyIdentity({ ...declared, certificate_type: 'IDCARD', ...identity })
    assert.equal(checked.certificate_check_result, 'SAME')
  })
})

test('its clock can be fast', async () => {
  const sandbox = await Sandbox.start({ speed: 86_400 })
  for (const now = await sandbox.advance(0); (await sandbox.advance(0)) < now + 86_400; );
  await sandbox.stop()
})

test('a reset makes it as new', async () => {
  const sandbox = await Sandbox.start()
  const client = sandbox.client()
  const declared = order()
  const named = { order_type: 'out_trade_no', order_no: declared.out_trade_no, customs: declared.customs }
  await client.declare(declared)
  const later = await sandbox.advance(86_400)
  await sandbox.fault('drop_before', { times: 9 })
  await sandbox.settings({ literal: true })
  await sandbox.reset()
  assert.deepEqual(await sandbox.faults(), [])
  assert.equal((await sandbox.settings()).literal, false)
  await assert.rejects(client.query(named), { code: 'ORDER_NOT_EXIST' })
  assert.ok((await sandbox.advance(0)) < later)
  assert.equal((await client.declare(declared)).state, 'UNDECLARED')
  await sandbox.stop()
})

test('shows no keys', async () => {
  const sandbox = await Sandbox.start()
  for (const shown of [inspect(sandbox), inspect({ sandbox }, { depth: 9 }), JSON.stringify(sandbox)]) {
    assert.doesNotMatch(shown, /PRIVATE KEY/)
  }
  assert.equal(inspect(sandbox), `Sandbox { url: '${sandbox.url}' }`)
  await sandbox.stop()
})

/** The program as npm has put it on the path. */
const command = (words) =>
  spawn(join(import.meta.dirname, '../node_modules/.bin/wechatpay-customs-sandbox'), words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32'
  })

test('the program is a command', async () => {
  const running = command(['--mchid', '900000001'])
  let told = ''
  for await (const more of running.stdout.setEncoding('utf8')) if ((told += more).endsWith('\n')) break
  const { client, url } = JSON.parse(told)
  assert.equal(client.mchid, '900000001')
  running.kill('SIGTERM')
  const [code] = await once(running, 'exit')
  assert.equal(code, 0)
  assert.equal(await listens(url), false)

  const killed = command([])
  const [line] = await once(killed.stdout.setEncoding('utf8'), 'data')
  killed.kill('SIGKILL')
  while (await listens(JSON.parse(line).url));

  const refused = command(['--mchid', 'a b'])
  assert.match(await text(refused.stderr), /^wechatpay-customs-sandbox: `mchid` must be 1 to 32.*\n$/)
  assert.equal(refused.exitCode ?? (await once(refused, 'exit'))[0], 1)
})

test('the program goes on in the background', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const file = join(folder, 'sandbox.json')
  const started = command(['--background', file])
  const [told, [code]] = await Promise.all([text(started.stdout), once(started, 'exit')])
  assert.equal(code, 0)
  const { url, pid } = JSON.parse(readFileSync(file, 'utf8'))
  assert.equal(await listens(url), true)
  assert.ok(told.includes(url) && told.trim().endsWith(String(pid)), told)
  process.kill(pid)
  while (await listens(url));
  rmSync(folder, { recursive: true })
})

test('two at once know nothing of each other', async () => {
  const [one, other] = await Promise.all([Sandbox.start(), Sandbox.start()])
  assert.notEqual(one.url, other.url)
  assert.notEqual(one.options.privateKey, other.options.privateKey)
  const declared = order()
  await one.client().declare(declared)
  await one.advance(60)
  const named = { order_type: 'out_trade_no', order_no: declared.out_trade_no, customs: declared.customs }
  assert.equal((await one.client().query(named)).data[0].state, 'PROCESSING')
  await assert.rejects(other.client().query(named), { code: 'ORDER_NOT_EXIST' })
  await one.stop()
  await other.client().declare(declared)
  await other.stop()
})

/** Does it still listen? */
const listens = (url) => fetch(`${url}/sandbox/ready`).then(() => true, () => false)

test('stopping waits for the end, and can be done again', async () => {
  const sandbox = await Sandbox.start()
  const client = sandbox.client()
  await client.declare(order())
  await sandbox.stop()
  assert.equal(await listens(sandbox.url), false)
  await sandbox.stop()
  await assert.rejects(sandbox.advance(1), /the sandbox does not answer POST clock/)
})

test('can be disposed of', async () => {
  const sandbox = await Sandbox.start()
  await sandbox[Symbol.asyncDispose]()
  assert.equal(await listens(sandbox.url), false)
  const other = await Sandbox.start()
  other[Symbol.dispose]()
  while (await listens(other.url));
})

test('records outlive it in a state file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const state = join(folder, 'records.sqlite')
  const declared = order()
  const named = { order_type: 'out_trade_no', order_no: declared.out_trade_no, customs: declared.customs }
  const first = await Sandbox.start({ state })
  await first.client().declare(declared)
  await first.stop()
  const second = await Sandbox.start({ state })
  assert.equal((await second.client().query(named)).data.length, 1)
  await second.stop()
  rmSync(folder, { recursive: true })
})

test('what keeps it from starting is told', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  await assert.rejects(Sandbox.start({ port: taken.address().port }), /cannot be listened on.*choose another port/)
  taken.close()
  await assert.rejects(Sandbox.start({ mchid: 'a b' }), /`mchid` must be 1 to 32/)
  await assert.rejects(Sandbox.start({ colour: 'red' }), /unexpected argument '--colour/)
  await assert.rejects(Sandbox.start({ program: '/nowhere/sandbox' }), /the sandbox \/nowhere\/sandbox cannot be started: .*ENOENT/)
  process.env.WECHATPAY_CUSTOMS_SANDBOX = '/elsewhere/sandbox'
  await assert.rejects(Sandbox.start(), /the sandbox \/elsewhere\/sandbox cannot be started/)
  delete process.env.WECHATPAY_CUSTOMS_SANDBOX
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const own = (script) => {
    writeFileSync(join(folder, 'own'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return Sandbox.start({ program: join(folder, 'own') })
  }
  await assert.rejects(own('exit 3'), /ended with 3 before it was ready/)
  await assert.rejects(own('echo hello; sleep 60'), /is no sandbox: its first line is "hello"/)
  rmSync(folder, { recursive: true })
})

/** Runs a script in a process of its own, in a folder that has the packages. */
function script(code, folder = '.') {
  return spawn(process.execPath, ['--input-type=module', '--eval', `import { Sandbox } from 'wechatpay-customs-sandbox'\n${code}`], {
    cwd: join(import.meta.dirname, folder),
    stdio: ['ignore', 'pipe', 'inherit']
  })
}

test('makes clients of the WebAssembly package if that is installed', async () => {
  const process = script(
    `const sandbox = await Sandbox.start()
    const { state } = await sandbox.client().declare(${JSON.stringify(order())})
    console.log(state, sandbox.client() instanceof (await import('wechatpay-customs-wasm')).Client)
    await sandbox.stop()`,
    '../../consumers-sandbox-wasm'
  )
  assert.equal(await text(process.stdout), 'UNDECLARED true\n')
})

test('says what to install if there is neither package', async () => {
  const process = script(
    `const sandbox = await Sandbox.start()
    try { sandbox.client() } catch ({ message }) { console.log(message, sandbox.options.mchid) }`,
    '../../consumers-sandbox-alone'
  )
  assert.match(await text(process.stdout), /needs `wechatpay-customs` or `wechatpay-customs-wasm`: install .* 1230000109/)
})

test('the README does what it says', async () => {
  const readme = readFileSync(new URL('sandbox/node/README.md', ROOT), 'utf8')
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, block]) => block)
  assert.equal(blocks.length, 2)
  const [script, tests] = blocks.map((block, index) => {
    const file = join(import.meta.dirname, `readme${index}.mjs`)
    writeFileSync(file, block)
    return file
  })
  assert.equal(await passes(script), 'UNDECLARED\nSUCCESS\n429\n')
  // Not as a part of this run, which the environment would make it.
  assert.match(await passes('--eval', `delete process.env.NODE_TEST_CONTEXT; import(${JSON.stringify(tests)})`), /pass 2\n/)
})

const tool = (path) => fileURLToPath(new URL(path, ROOT))

/** Runs a program of Node.js to its end, and tells what it wrote if it fails. */
async function passes(...args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [told, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.equal(code, 0, told)
  return told
}

for (const folder of ['.', '../../consumers-sandbox-wasm']) {
  for (const name of ['types.mts', 'types.cts']) {
    test(`types fit those of the client: ${name} in ${folder}`, async () => {
      const file = join(import.meta.dirname, folder, name)
      if (folder !== '.') copyFileSync(join(import.meta.dirname, name), file)
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'ES2022', '--module', 'NodeNext']
      const lib = ['--lib', 'ES2022,DOM,DOM.Iterable,ESNext.Disposable']
      await passes(tool('face/node_modules/typescript/bin/tsc'), ...options, ...lib, file)
    })
  }
}

test('publint and attw have nothing to remark', async () => {
  const runtimes = 'tests/runtimes/node_modules'
  const tarball = tool(`dist/${readdirSync(tool('dist')).find((name) => name.startsWith('wechatpay-customs-sandbox-'))}`)
  assert.match(await passes(tool(`${runtimes}/publint/src/cli.js`), 'run', '--strict', tarball), /All good/)
  await passes(tool(`${runtimes}/@arethetypeswrong/cli/dist/index.js`), '--no-definitely-typed', tarball)
})

test('it does not keep a process alive, and ends with it', async () => {
  const process = script('const { url } = await Sandbox.start(); console.log(url)')
  const [told, [code]] = await Promise.all([text(process.stdout), once(process, 'exit')])
  assert.equal(code, 0)
  while (await listens(told.trim()));
})

test('it ends with a process that is killed', async () => {
  const process = script('const { url } = await Sandbox.start(); console.log(url); setInterval(() => {}, 1000)')
  const [url] = await once(process.stdout.setEncoding('utf8'), 'data')
  assert.equal(await listens(url.trim()), true)
  process.kill('SIGKILL')
  while (await listens(url.trim()));
})

test('it ends with its worker', async () => {
  const code = `
    import { parentPort } from 'node:worker_threads'
    import { Sandbox } from 'wechatpay-customs-sandbox'
    parentPort.postMessage((await Sandbox.start()).url)
    setInterval(() => {}, 1000)`
  const file = join(import.meta.dirname, 'worker.mjs')
  writeFileSync(file, code)
  const worker = new Worker(file)
  const [url] = await once(worker, 'message')
  assert.equal(await listens(url), true)
  await worker.terminate()
  while (await listens(url));
})
