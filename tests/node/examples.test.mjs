// The examples as a user runs them: the package installed, the framework beside it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { consumers, here, options, order } from './installed.mjs'

const folder = here('../../target/examples-node')
rmSync(folder, { recursive: true, force: true })
mkdirSync(join(folder, 'node_modules'), { recursive: true })
symlinkSync(join(consumers, 'node_modules/wechatpay-customs'), join(folder, 'node_modules/wechatpay-customs'))
for (const framework of ['express', 'fastify']) {
  symlinkSync(here(`node_modules/${framework}`), join(folder, 'node_modules', framework))
  cpSync(here(`../../bindings-node/examples/${framework}.mjs`), join(folder, `${framework}.mjs`))

  test(`a backend with ${framework}`, async () => {
    const env = { ...process.env, WECHATPAY: JSON.stringify(options), PORT: '0' }
    const server = spawn(process.execPath, [`${framework}.mjs`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = await once(server.stdout.setEncoding('utf8'), 'data')
      const url = `http://127.0.0.1:${port.trim()}/declarations`
      const post = (body) => fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
      const fields = order()
      const declared = await post(fields)
      assert.deepEqual([declared.status, (await declared.json()).state], [200, 'UNDECLARED'])
      const refused = await post({ ...fields, customs: 1 })
      const told = await refused.json()
      assert.deepEqual([refused.status, told.code, told.findings.map(({ field }) => field)], [422, 'INVALID_FIELDS', ['/customs']])
      const found = await (await fetch(`${url}/${fields.customs}/${fields.out_trade_no}`)).json()
      assert.deepEqual(found.map(({ state }) => state), ['UNDECLARED'])
    } finally {
      server.kill()
    }
  })
}
