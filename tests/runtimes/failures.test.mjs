// What was surely not sent, by what each runtime tells, and what broke the exchange, against servers that fail.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { failing } from './failing.mjs'
import { consumers, here } from './hosts.mjs'

const { client: given } = JSON.parse(process.env.SANDBOX_READY)
const options = {
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  platformKeys: given.platform_keys,
  // Single attempts: `network.rs` tests what follows them.
  maxRetries: 0
}

let servers
before(async () => (servers = await failing()))
after(() => servers.stop())

async function calls(program, args, more = {}) {
  const env = { ...process.env, OPTIONS: JSON.stringify(options), FAILING: JSON.stringify(servers.urls), ...more }
  const child = spawn(program, args, { cwd: consumers, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  assert.equal(code, 0, stdout + stderr)
  const told = Object.fromEntries(stdout.trim().split('\n').map((line) => JSON.parse(line)).map((line) => [line.name, line]))
  return { told, stderr }
}

const module = (path) => here(join('node_modules', path))
const [node, wasm] = ['node.js', 'wasm.js'].map((script) => pathToFileURL(join(consumers, script)).href)
const script = here('failures.mjs')
const deno = ['run', '--allow-all', '--node-modules-dir=manual', '--no-lock', script]
const versions = ['20', '22', '24', '26'].map((version) => [`Node.js ${version}`, module(`node${version}/bin/node`), [script]])
const bun = module('@oven/bun-linux-x64/bin/bun')

/** What every runtime tells. */
const EVERYWHERE = {
  untrusted: ['TLS_FAILED', false],
  refused: ['CONNECT_FAILED', false],
  'no such name': ['DNS_FAILED', false],
  'closed after the request': [/^(CONNECTION_RESET|TRANSPORT_FAILED)$/, true],
  'silent after the request': ['TIMEOUT', true],
  'kept open': [/./, true],
  'broken off': ['BODY_FAILED', true]
}
/** By the modules `http` and `https`, whose connections tell how far they came. */
const BY_MODULES = {
  ...EVERYWHERE,
  'closed after the request': ['CONNECTION_RESET', true],
  'kept open': ['CONNECTION_RESET', true],
  'not TLS': ['TLS_FAILED', false],
  'silent before TLS': ['TIMEOUT', false],
  'closed in the handshake': ['TLS_FAILED', false],
  'no HTTP': ['TRANSPORT_FAILED', true],
  'big headers': ['TRANSPORT_FAILED', true],
  switching: [/^STATUS_UNEXPECTED|BODY_NOT_JSON$/, true]
}
/** By `fetch`, which has one code for many things; what it does not tell may have been applied. */
const BY_FETCH = { ...EVERYWHERE, 'not TLS': ['TLS_FAILED', true], 'closed in the handshake': [/./, true] }
const BY_DENO = { ...EVERYWHERE, 'not TLS': ['TLS_FAILED', false], 'closed in the handshake': [/./, false] }

const surfaces = [
  ...versions.map(([name, program, args]) => [`the Node.js package on ${name}`, program, [...args, node], BY_MODULES]),
  ...versions.map(([name, program, args]) => [`WebAssembly on ${name}`, program, [...args, wasm], BY_FETCH]),
  ['the Node.js package on Bun', bun, [script, node], BY_FETCH],
  ['WebAssembly on Bun', bun, [script, wasm], BY_FETCH],
  ['WebAssembly on Deno', module('@deno/linux-x64-glibc/deno'), [...deno, wasm], BY_DENO]
]

for (const [surface, program, args, expected] of surfaces) {
  test(`${surface}: what was surely not sent is told, and what was thrown is the cause`, async () => {
    for (const name of Object.keys(servers.requests)) servers.requests[name] = 0
    const { told } = await calls(program, args)
    for (const [name, [code, applied]] of Object.entries(expected)) {
      const line = told[name]
      if (typeof code === 'string') assert.equal(line.code, code, JSON.stringify(line))
      else assert.match(line.code, code, JSON.stringify(line))
      assert.equal(line.applied, applied, JSON.stringify(line))
      const caused = !name.startsWith('silent') && line.status === null
      assert.equal(line.cause !== null, caused, JSON.stringify(line))
    }
    // Neither of them was given a request, so that what was told is true.
    for (const name of ['untrusted', 'not TLS']) assert.equal(servers.requests[name], 0, name)
    for (const line of Object.values(told)) assert.doesNotMatch(JSON.stringify(line), /MII|110101199003074477/)
  })
}

test('NODE_TLS_REJECT_UNAUTHORIZED=0 turns off no check of ours', async () => {
  servers.requests.untrusted = 0
  for (const [program, args] of [[process.execPath, [script, node]], [bun, [script, node]]]) {
    const { told } = await calls(program, args, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    assert.deepEqual([told.untrusted.code, told.untrusted.applied], ['TLS_FAILED', false])
  }
  assert.equal(servers.requests.untrusted, 0)
})
