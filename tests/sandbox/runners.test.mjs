// The sandbox under the test runners that people have: it starts, clients work, each runner ends by itself, and no sandbox
// outlives it. Runs in a folder below the one that has the packages from their tarballs.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'

const HERE = import.meta.dirname
/** The repository's folder. */
const ROOT = HERE.replace(/target[^a-z].*/, '')
const WASM_ALONE = join(ROOT, 'target/consumers-sandbox-wasm')
const { resolve } = createRequire(import.meta.url)

const NODE = process.execPath
const JEST = join(dirname(resolve('jest/package.json')), 'bin/jest.js')
const VITEST = join(dirname(resolve('vitest/package.json')), 'vitest.mjs')
const YARN = join(dirname(resolve('@yarnpkg/cli-dist/package.json')), 'bin/yarn.js')
const BUN = join(ROOT, 'tests/runtimes/node_modules/@oven/bun-linux-x64/bin/bun')
const DENO = join(ROOT, 'tests/runtimes/node_modules/@deno/linux-x64-glibc/deno')
/** Milliseconds; runners have 5 seconds, in which a busy machine may not even start a sandbox. */
const PATIENCE = 300_000

/** Writes files into a folder of their own, runs a program there to its end, and waits for the ends of all that it started. */
async function passes(t, files, [program, ...args], { within = HERE, env = {} } = {}) {
  const folder = mkdtempSync(join(within, 'runner-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  const { NODE_TEST_CONTEXT, ...outer } = process.env
  const mark = randomUUID()
  const child = spawn(program, args, { cwd: folder, env: { ...outer, NO_COLOR: '1', ...env, MARK: mark }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  assert.equal(code, 0, stdout + stderr)
  while (running(mark)) await setTimeout(20)
  return stdout + stderr
}

/** Is there a process whose environment has this? */
function running(mark) {
  return readdirSync('/proc').some((process) => {
    try {
      return /^\d+$/.test(process) && readFileSync(`/proc/${process}/environ`).includes(mark)
    } catch {
      // It has ended, or is another user's.
      return false
    }
  })
}

const order = (number) => `{
  out_trade_no: '${number}',
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
}`

/** By the globals that Jest, Vitest and Bun share; one sandbox is stopped, the other is not. */
const story = (backend) => `
let sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
  await Sandbox.start()
})
afterAll(() => sandbox.stop())

test('declares', async () => {
  const client = sandbox.client()
  const { state } = await client.declare(${order('runner')})
  expect([state, client.backend]).toEqual(['UNDECLARED', '${backend}'])
  await sandbox.fault('rate_limited', { operation: 'declare' })
  await expect(client.declare(${order('other')}, { maxRetries: 0 })).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})
`
const imported = (more) => `import { Sandbox } from 'wechatpay-customs-sandbox'\n${more}`
const required = (more) => `const { Sandbox } = require('wechatpay-customs-sandbox')\n${more}`

const jest = (config) => ({ 'jest.config.json': JSON.stringify({ testTimeout: PATIENCE, ...config }) })
const RUN_JEST = [NODE, JEST, '--config', 'jest.config.json', '--rootDir', '.']
/** Vitest and how it runs a file. */
const vitest = (...more) => [NODE, VITEST, 'run', '--root', '.', '--globals', '--hookTimeout', PATIENCE, '--testTimeout', PATIENCE, ...more]

test('Jest as it comes', async (t) => {
  const files = { ...jest(), 'shop.test.js': required(story('native')), 'package.json': '{}' }
  assert.match(await passes(t, files, RUN_JEST), /1 passed/)
})

test('ts-jest', async (t) => {
  const globals = "import { afterAll, beforeAll, expect, test } from '@jest/globals'\n"
  const files = {
    ...jest({ preset: 'ts-jest' }),
    'shop.test.ts': globals + imported(story('native')).replace('let sandbox', 'let sandbox: Sandbox'),
    'tsconfig.json': '{ "compilerOptions": { "strict": true, "target": "ES2022", "module": "CommonJS", "esModuleInterop": true } }'
  }
  assert.match(await passes(t, files, RUN_JEST), /1 passed/)
})

for (const pool of ['forks', 'threads', 'vmForks', 'vmThreads']) {
  test(`Vitest, pool ${pool}`, async (t) => {
    const files = { 'shop.test.mjs': imported(story('native')) }
    assert.match(await passes(t, files, vitest('--pool', pool)), /1 passed/)
  })
}

test('bun test', async (t) => {
  const files = { 'shop.test.mjs': imported(story('native')) }
  assert.match(await passes(t, files, [BUN, 'test', '--timeout', PATIENCE, './shop.test.mjs']), / 1 pass\n/)
})

test('deno test, which looks for what a test leaves behind', async (t) => {
  const files = {
    'shop.test.mjs': imported(`
Deno.test('declares', async () => {
  const sandbox = await Sandbox.start()
  const { state } = await sandbox.client().declare(${order('runner')})
  if (state !== 'UNDECLARED') throw new Error(state)
  await sandbox.stop()
})
Deno.test({ name: 'leaves one', sanitizeOps: false, sanitizeResources: false, fn: async () => void (await Sandbox.start()) })
`)
  }
  assert.match(await passes(t, files, [DENO, 'test', '--allow-all', '--no-lock', '--no-check', 'shop.test.mjs']), /2 passed/)
})

test('only the WebAssembly package: Jest needs a flag, and is told so where a client is made', async (t) => {
  const asItComes = required(`
test('needs the flag', async () => {
  const sandbox = await Sandbox.start()
  expect(sandbox.options.mchid).toBe('1230000109')
  expect(() => sandbox.client()).toThrow(/NODE_OPTIONS=--experimental-vm-modules: set that, or install \`wechatpay-customs\`/)
  await sandbox.stop()
})
`)
  const files = { ...jest(), 'shop.test.js': asItComes, 'package.json': '{}' }
  assert.match(await passes(t, files, RUN_JEST, { within: WASM_ALONE }), /1 passed/)
  const withFlag = { ...files, 'shop.test.js': required(story('wasm')) }
  const env = { NODE_OPTIONS: '--experimental-vm-modules' }
  assert.match(await passes(t, withFlag, RUN_JEST, { within: WASM_ALONE, env }), /1 passed/)
})

test('only the WebAssembly package: Vitest, pool vmThreads', async (t) => {
  const files = { 'shop.test.mjs': imported(story('wasm')) }
  assert.match(await passes(t, files, vitest('--pool', 'vmThreads'), { within: WASM_ALONE }), /1 passed/)
})

/** What a backend's tests do beside those of pages: jsdom's globals take the place of Node.js's, and Jest's have a realm of their own. */
const page = `
let sandbox, der, sign
beforeAll(async () => {
  sandbox = await Sandbox.start()
  const key = createPrivateKey(sandbox.options.privateKey)
  der = key.export({ type: 'pkcs8', format: 'der' })
  sign = (message) => createSign('sha256').update(message).sign(key)
})
afterAll(() => sandbox.stop())

test('jsdom is there', () => expect(document.body.tagName).toBe('BODY'))

test.each([
  ['PEM', () => ({})],
  ['Buffer', () => ({ privateKey: der })],
  ['Uint8Array', () => ({ privateKey: new Uint8Array(der) })],
  ['ArrayBuffer', () => ({ privateKey: new Uint8Array(der).buffer })],
  ['KeyObject', () => ({ privateKey: createPrivateKey(sandbox.options.privateKey) })],
  ['signer that gives a Buffer', () => ({ privateKey: undefined, signer: (message) => sign(message) })],
  ['signer that gives an ArrayBuffer', () => ({ privateKey: undefined, signer: async (message) => new Uint8Array(sign(message)).buffer })]
])('%s', async (name, own) => {
  const client = new wx.Client({ ...sandbox.options, ...own() })
  await expect(client.declare({ ...${order('page')}, out_trade_no: name.replaceAll(' ', '-') })).resolves.toMatchObject({ state: 'UNDECLARED' })
})

test('an answer as a Buffer', async () => {
  const body = Buffer.from('{ "code": "SYSTEMERROR", "message": "busy" }')
  const parsed = new wx.Client(sandbox.options).parse('declare', { status: 500, headers: {}, body })
  await expect(parsed).rejects.toMatchObject({ code: 'SYSTEMERROR' })
})
`

test('Jest with jsdom', async (t) => {
  const needs = "const { createPrivateKey, createSign } = require('node:crypto')\nconst wx = require('wechatpay-customs')\n"
  const config = jest({ testEnvironment: resolve('jest-environment-jsdom') })
  const files = { ...config, 'page.test.js': needs + required(page), 'package.json': '{}' }
  assert.match(await passes(t, files, RUN_JEST), /9 passed/)
})

for (const [what, name, within] of [['the addon', 'wechatpay-customs', HERE], ['WebAssembly', 'wechatpay-customs-wasm', WASM_ALONE]]) {
  for (const pool of ['forks', 'vmThreads']) {
    test(`Vitest with jsdom, pool ${pool}, over ${what}`, async (t) => {
      const needs = `import { createPrivateKey, createSign } from 'node:crypto'\nimport * as wx from '${name}'\n`
      const files = { 'page.test.mjs': needs + imported(page) }
      assert.match(await passes(t, files, vitest('--environment', 'jsdom', '--pool', pool), { within }), /9 passed/)
    })
  }
}

test('Jest with jsdom takes the WebAssembly package for a page’s; its own environment for Node.js does not', async (t) => {
  const needs = "import { createPrivateKey, createSign } from 'node:crypto'\nimport * as wx from 'wechatpay-customs-wasm'\n"
  const backend = page.replace(/test\('jsdom is there'.*/, '')
  const config = jest({ testEnvironment: resolve('jest-environment-jsdom'), testMatch: ['**/*.test.mjs'], moduleFileExtensions: ['mjs', 'js'] })
  const files = { ...config, 'page.test.mjs': `/** @jest-environment node */\n${needs}${imported(backend)}` }
  const env = { NODE_OPTIONS: '--experimental-vm-modules' }
  assert.match(await passes(t, files, RUN_JEST, { within: WASM_ALONE, env }), /8 passed/)
})

/** A script, and what Yarn Plug'n'Play installs for it from tarballs; other platforms' addons are this one's under their names. */
function pnp(dependencies, overrides = {}) {
  const dist = join(ROOT, 'dist')
  const tarball = (name) => `file:${join(dist, readdirSync(dist).find((file) => file.replace(/-\d.*/, '') === name))}`
  const resolved = (entries) => Object.fromEntries(entries.map(([name, from]) => [name, tarball(from)]))
  return {
    'package.json': JSON.stringify({
      private: true,
      dependencies: resolved(dependencies.map((name) => [name, name])),
      resolutions: resolved(Object.entries(overrides))
    }),
    '.yarnrc.yml': 'nodeLinker: pnp\nenableGlobalCache: false\nenableNetwork: false\nenableTelemetry: false\nenableImmutableInstalls: false\n',
    'yarn.lock': '',
    'shop.mjs': imported(`
const sandbox = await Sandbox.start()
try {
  const client = sandbox.client()
  const { state } = await client.declare(${order('runner')})
  console.log(state, client.backend)
} catch (error) {
  console.log(error.message)
}
`)
  }
}

test('Yarn Plug’n’Play, which starts nothing that lies in a zip', async (t) => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'bindings-node/package.json'), 'utf8'))
  const addons = Object.fromEntries(Object.keys(optionalDependencies).map((name) => [name, 'wechatpay-customs-linux-x64-gnu']))
  for (const [files, told] of [
    [pnp(['wechatpay-customs-sandbox', 'wechatpay-customs'], addons), 'UNDECLARED native\n'],
    [pnp(['wechatpay-customs-sandbox', 'wechatpay-customs-wasm']), 'UNDECLARED wasm\n'],
    [pnp(['wechatpay-customs-sandbox']), /needs `wechatpay-customs` or `wechatpay-customs-wasm`: install one of them/]
  ]) {
    const run = ['sh', '-c', `"${NODE}" "${YARN}" install && "${NODE}" "${YARN}" node shop.mjs`]
    const output = await passes(t, files, run, { within: tmpdir(), env: { YARN_ENABLE_GLOBAL_CACHE: 'false' } })
    assert.ok(typeof told === 'string' ? output.includes(told) : told.test(output), output)
  }
})
