// The package where tests run in a page's likeness: a realm of its own beside Node.js's, with a page's globals, as Jest with
// jsdom makes it.
import assert from 'node:assert/strict'
import { createPrivateKey, createSign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { consumers, options, order, withoutAddon } from './installed.mjs'

/** The package's script, run in a realm that has these globals only beside the language's own. */
function loaded(folder) {
  const { setTimeout, clearTimeout, process, Buffer, URL, AbortController, performance, console } = globalThis
  // A page's `crypto` in jsdom has no `subtle`.
  const page = { setTimeout, clearTimeout, process, Buffer, URL, AbortController, performance, console, crypto: {} }
  const realm = createContext(page)
  const file = createRequire(join(folder, 'index.js')).resolve('wechatpay-customs')
  const module = { exports: {} }
  const script = runInContext(`(function (module, exports, require, __dirname, __filename) {${readFileSync(file, 'utf8')}\n})`, realm)
  script(module, module.exports, createRequire(file), dirname(file), file)
  return { wx: module.exports, realm }
}

for (const [what, folder] of [['the addon', consumers], ['WebAssembly', withoutAddon]]) {
  test(`${what} works in a realm with a page's globals`, async () => {
    const { wx, realm } = loaded(folder)
    const { privateKey: pem, ...withoutKey } = options
    const declares = async (more) => {
      const client = new wx.Client({ ...withoutKey, ...more })
      assert.equal((await client.declare(order())).state, 'UNDECLARED')
      assert.equal(client.backend, what === 'the addon' ? 'native' : 'wasm')
    }
    for (const privateKey of [pem, Buffer.from(pem), new TextEncoder().encode(pem), createPrivateKey(pem)]) await declares({ privateKey })
    const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    await declares({ privateKey: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']) })
    await declares({ privateKey: pem, platformKeys: JSON.parse(JSON.stringify(options.platformKeys), (_, value) => (typeof value === 'string' ? Buffer.from(value) : value)) })
    const sign = (message) => createSign('sha256').update(message).sign(pem)
    for (const signer of [sign, (message) => Uint8Array.from(sign(message)).buffer, async (message) => sign(message)]) await declares({ signer })
    assert.throws(() => new wx.Client({}), wx.WechatPayError)
    await assert.rejects(new wx.Client(options).declare(order(), { signal: AbortSignal.abort(new Error('enough')) }), /enough/)
    assert.equal(wx.check('declare', {}).length, 6)
    // What was lent to the module's script was taken back.
    assert.equal(runInContext('typeof TextDecoder + typeof TextEncoder', realm), 'undefinedundefined')
  })
}
