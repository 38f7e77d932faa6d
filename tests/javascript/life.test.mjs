// `ensure` and `wait` over both cores, against the sandbox whose ready line is in SANDBOX_READY.
import assert from 'node:assert/strict'
import { test } from 'node:test'

const { client: given, control_url } = JSON.parse(process.env.SANDBOX_READY)
const options = {
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  platformKeys: given.platform_keys,
  baseUrls: given.base_urls
}
let orders = 0
const order = (more) => ({
  out_trade_no: `life-js-${process.pid}-${++orders}`,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001',
  ...more
})
const named = ({ out_trade_no, customs }) => ({ out_trade_no, customs })

async function control(endpoint, body) {
  const answer = await fetch(`${control_url}/${endpoint}`, { method: 'POST', body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

/** What comes of it while the sandbox's clock runs fast. */
async function whileTimePasses(promise) {
  let passing = true
  const passes = (async () => {
    while (passing) await control('clock', { advance_s: 20 })
  })()
  try {
    return await promise
  } finally {
    passing = false
    await passes
  }
}

for (const entry of ['bindings-node/lib/index.js', 'bindings-wasm/pkg/node.js']) {
  const wx = await import(new URL(`../../${entry}`, import.meta.url))
  const it = (name, body) => test(`${entry}: ${name}`, body)
  const client = new wx.Client(options)
  const quick = { interval: 20, maxInterval: 20 }
  const refused = (code) => (error) => error instanceof wx.WechatPayError && error.code === code

  it('a declaration is made so, and what it came to is plain data', async () => {
    const reached = []
    const ensured = await whileTimePasses(client.ensure(order(), { ...quick, onProgress: (now) => reached.push(now) }))
    assert.deepEqual([ensured.settled, ensured.step, ensured.reason], [true, 'done', 'success'])
    assert.equal(ensured.record.state, 'SUCCESS')
    assert.ok(ensured.why.en && ensured.why.zh)
    assert.equal(reached[0].reason, 'queued')
    assert.deepEqual(ensured.trail.map(({ did }) => did).slice(-2), ['query', 'query'])
    assert.deepEqual(JSON.parse(JSON.stringify(ensured)), ensured)
  })

  it('step by step, each run goes on from what the last one gave', async () => {
    const wanted = order({ duty: 7 })
    const first = await client.ensure(wanted, { wait: false, fresh: true })
    assert.deepEqual([first.settled, first.reason, first.record.duty], [false, 'queued', 7])
    assert.ok(first.retry_at > Date.now() / 1000)
    const second = await client.ensure(wanted, { wait: false, after: first })
    assert.equal(second.reason, 'queued')
    await assert.rejects(client.ensure(order(), { wait: false, after: first }), refused('INVALID_OPTION'))
    const changed = await client.ensure({ ...wanted, duty: 8 }, { wait: false, after: second })
    assert.deepEqual([changed.reason, changed.trail.at(-1).did], ['queued', 'modify'])
  })

  it('who changes what stood as wanted is told apart', async () => {
    const wanted = order({ duty: 7 })
    const first = await client.ensure(wanted, { wait: false })
    await control('clock', { advance_s: 5 })
    await client.modify({ ...wanted, duty: 9 })
    const told = await client.ensure(wanted, { wait: false, after: first })
    assert.deepEqual([told.settled, told.step, told.reason], [true, 'person', 'rival'])
    await assert.rejects(client.ensure(wanted, { after: first }), (error) => {
      assert.ok(error instanceof wx.StateError)
      assert.deepEqual([error.code, error.detail.duty], ['CONFLICT', 9])
      return true
    })
  })

  it('a refusal is data, a mistake is an error', async () => {
    const out_trade_no = `fault@not_registered@${entry.length}`
    const told = await client.ensure(order({ out_trade_no }), { wait: false, fresh: true }).catch((error) => error)
    if (told instanceof Error) assert.equal(told.code, 'INVALID_FIELDS')
    await assert.rejects(client.ensure({}), refused('INVALID_FIELDS'))
    await assert.rejects(client.ensure(order(), { onprogress: () => {} }), refused('INVALID_OPTION'))
    await assert.rejects(client.ensure(order(), { after: { step: 'wait' } }), refused('INVALID_OPTION'))
    await assert.rejects(client.ensure(order(), { interval: 0 }), refused('INVALID_OPTION'))
    await assert.rejects(client.declare(order(), { onProgress: () => {} }), refused('INVALID_OPTION'))
    await assert.rejects(client.wait({ customs: 'SHANGHAI_ZS' }), refused('INVALID_FIELDS'))
  })

  it('waiting ends with the record, at the deadline, or when it is given up', async () => {
    const wanted = order()
    await client.declare(wanted)
    await assert.rejects(client.wait(named(wanted), { ...quick, deadline: 300 }), (error) => {
      assert.ok(error instanceof wx.StateError)
      assert.deepEqual([error.code, error.detail.state], ['STILL_MOVING', 'UNDECLARED'])
      return true
    })
    await assert.rejects(client.wait(named(order()), { ...quick, deadline: 200 }), (error) => error.detail === null)
    const signal = AbortSignal.timeout(200)
    await assert.rejects(client.wait(named(wanted), { ...quick, signal }), { name: 'TimeoutError' })
    assert.equal((await whileTimePasses(client.wait(named(wanted), quick))).state, 'SUCCESS')
    await control('faults', { fault: 'state', order: wanted.out_trade_no, state: 'FAIL', explanation: 'identity' })
    const failed = await client.wait(named(wanted), quick)
    assert.deepEqual([failed.state, failed.explanation], ['FAIL', 'identity'])
    const ensured = await client.ensure(wanted, quick)
    assert.deepEqual([ensured.step, ensured.reason], ['person', 'fail'])
  })
}
