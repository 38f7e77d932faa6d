// Next.js over the Node.js package: `output: 'standalone'` carries the addon, and who bundles the package is told how not to.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { consumers, here, options, order, run } from '../node/installed.mjs'

/** Here lie both the app and, linked to, Next.js. */
const root = here('../..')

/** Builds an app that has one route, and gives its folder. */
async function build(t, config) {
  const app = mkdtempSync(join(consumers, 'next-'))
  t.after(() => rmSync(app, { recursive: true }))
  cpSync(here('../bundlers/next'), join(app, 'app'), { recursive: true })
  mkdirSync(join(app, 'node_modules'))
  for (const name of ['next', 'react', 'react-dom']) symlinkSync(here(`../bundlers/node_modules/${name}`), join(app, 'node_modules', name))
  writeFileSync(join(app, 'package.json'), '{ "private": true }')
  const cache = { experimental: { turbopackFileSystemCacheForBuild: false } }
  const all = { output: 'standalone', outputFileTracingRoot: root, turbopack: { root }, ...cache, ...config }
  writeFileSync(join(app, 'next.config.mjs'), `export default ${JSON.stringify(all)}`)
  const env = { NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }
  const built = await run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], { cwd: app, env })
  return { app, ...built }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

test('a standalone server carries the addon', async (t) => {
  const { app, stdout, stderr, code } = await build(t, { serverExternalPackages: ['wechatpay-customs'] })
  assert.equal(code, 0, stdout + stderr)
  // Where no other package is at hand.
  const apart = mkdtempSync(join(tmpdir(), 'next-'))
  t.after(() => rmSync(apart, { recursive: true }))
  cpSync(join(app, '.next/standalone'), apart, { recursive: true, verbatimSymlinks: true })
  const port = await freePort()
  const env = { ...process.env, PORT: String(port), HOSTNAME: '127.0.0.1', OPTIONS: JSON.stringify(options), NEXT_TELEMETRY_DISABLED: '1' }
  const server = spawn(process.execPath, [join(apart, relative(root, app), 'server.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    for await (const line of createInterface({ input: server.stdout })) if (line.includes('Ready in')) break
    const answer = await fetch(`http://127.0.0.1:${port}/declare`, { method: 'POST', body: JSON.stringify(order()) })
    assert.deepEqual(await answer.json(), { state: 'UNDECLARED', backend: 'native' })
  } finally {
    server.kill()
    await once(server, 'exit')
  }
})

test('a build that takes the package in says how to leave it outside', async (t) => {
  const { stdout, stderr, code } = await build(t, {})
  assert.equal(code, 1, stdout + stderr)
  assert.match(stderr, /Error: wechatpay-customs does not find its addon .* Next\.js `serverExternalPackages: \['wechatpay-customs'\]`/)
})
