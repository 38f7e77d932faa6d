// Nitro over the Node.js package: a server that is built carries the addon.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { build, createNitro, prepare } from 'nitropack'
import { consumers, options, order } from '../node/installed.mjs'

test('a server carries the addon', async (t) => {
  const rootDir = mkdtempSync(join(consumers, 'nitro-'))
  t.after(() => rmSync(rootDir, { recursive: true }))
  mkdirSync(join(rootDir, 'routes'))
  writeFileSync(
    join(rootDir, 'routes/declare.js'),
    `import { Client } from 'wechatpay-customs'
export default defineEventHandler(async (event) => {
  const client = new Client(JSON.parse(process.env.OPTIONS))
  const { state } = await client.declare(await readBody(event))
  return { state, backend: client.backend }
})
`
  )
  const nitro = await createNitro({ rootDir, preset: 'node-server', compatibilityDate: '2026-01-01', logLevel: 1 })
  await prepare(nitro)
  await build(nitro)
  await nitro.close()
  // Where no other package is at hand.
  const apart = mkdtempSync(join(tmpdir(), 'nitro-'))
  t.after(() => rmSync(apart, { recursive: true }))
  cpSync(join(rootDir, '.output'), apart, { recursive: true, verbatimSymlinks: true })
  const env = { ...process.env, PORT: '0', HOST: '127.0.0.1', OPTIONS: JSON.stringify(options) }
  const server = spawn(process.execPath, [join(apart, 'server/index.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let url
    for await (const line of createInterface({ input: server.stdout })) if ((url = /http:\S+/.exec(line)?.[0])) break
    const body = JSON.stringify(order())
    const answer = await fetch(`${url}/declare`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    assert.deepEqual(await answer.json(), { state: 'UNDECLARED', backend: 'native' })
  } finally {
    server.kill()
    await once(server, 'exit')
  }
})
