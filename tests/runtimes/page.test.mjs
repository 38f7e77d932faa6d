// A page in Chromium, as Vite builds it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { here, page } from './hosts.mjs'

const base = JSON.parse(readFileSync(here('../vectors/options.json'), 'utf8'))
const withKey = {
  appid: base.appid,
  mchid: base.mchid,
  serialNo: base.serial_no,
  platformKeys: base.platform_keys,
  privateKey: base.private_key
}
const { privateKey, ...options } = withKey
const order = { out_trade_no: '1', transaction_id: '2', customs: 'SHANGHAI_ZS', merchant_customs_no: 'IC2N000001' }

let opened
let run
before(async () => {
  opened = await page()
  run = (body, ...given) => opened.page.evaluate(body, given)
})
after(async () => {
  await opened.stop()
  assert.deepEqual(opened.wrong, [])
})

test('the build has the module once', () => {
  assert.equal(opened.files.filter((name) => name.endsWith('.wasm')).length, 1, opened.files.join(' '))
})

test('before init it says what to call; a load that failed is tried again; twice is harmless', async () => {
  const told = await run(() => {
    try {
      return wx.check('declare', {})
    } catch (error) {
      return error.message
    }
  })
  assert.match(told, /await init\(\)/)
  let asked = 0
  await opened.page.route('**/*.wasm', (route) => (asked++ === 0 ? route.abort() : route.continue()))
  await assert.rejects(run(() => wx.init()), /fetch/)
  await run(() => Promise.all([wx.init(), wx.init()]))
  await run(() => wx.init())
  assert.equal(asked, 2)
})

test('a private key as text or bytes is refused, with the reason and without the key', async () => {
  const told = await run(
    async ([options, order]) => {
      const bytes = new TextEncoder().encode(options.privateKey)
      const told = []
      for (const privateKey of [options.privateKey, bytes, bytes.buffer]) {
        const given = { ...options, privateKey }
        for (const attempt of [async () => new wx.Client(given), () => wx.prepare('declare', order, given)]) {
          const error = await attempt().catch((error) => error)
          told.push([error instanceof wx.KeyMaterialError, error.name, error.code, `${error.stack} ${JSON.stringify(error)}`])
        }
      }
      return told
    },
    withKey,
    order
  )
  assert.equal(told.length, 6)
  for (const [right, name, code, text] of told) {
    assert.deepEqual([right, name, code], [true, 'KeyMaterialError', 'PRIVATE_KEY_IN_BROWSER'])
    assert.match(text, /whoever opens the page could read it/)
    assert.doesNotMatch(text, /MII/)
  }
})

test('a CryptoKey and a signer of one’s own sign; explain and check do their work', async () => {
  const told = await run(
    async ([{ privateKey: pem, ...options }, order]) => {
      const der = Uint8Array.from(atob(pem.replace(/-----.*?-----|\s/g, '')), (letter) => letter.charCodeAt(0))
      const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      const privateKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
      const signer = async (message) => new Uint8Array(await crypto.subtle.sign(algorithm.name, privateKey, message))
      const [nonce, timestamp] = ['5K8264ILTKCH16CQ2502SI8ZNMTM67VS', 1767225600]
      const prepared = await wx.prepare('declare', order, { ...options, privateKey }, timestamp, nonce)
      const other = await new wx.Client({ ...options, signer }).prepare('declare', order, timestamp, nonce)
      const explained = await wx.explain(prepared, { ...options, privateKey }, undefined, timestamp)
      return {
        same: prepared.headers.Authorization === other.headers.Authorization,
        signed: prepared.headers.Authorization.includes('signature='),
        explained: [explained.failed, explained.lines.length, explained.checks.find(({ check }) => check === 'bytes').ok],
        checked: wx.check('declare', {}).length
      }
    },
    withKey,
    order
  )
  // Whether the signature is right takes the key's public half, which a CryptoKey does not give.
  assert.deepEqual(told, { same: true, signed: true, explained: [null, 5, null], checked: 6 })
})
