// The packages as npm has installed them from their tarballs, and what the tests share.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const target = here('../../target')
/** A folder with the package, and one where npm was told to leave optional dependencies out. */
export const consumers = join(target, 'consumers')
export const withoutAddon = join(target, 'consumers-without-addon')

export const require = createRequire(join(consumers, 'index.js'))
export const wx = await import(pathToFileURL(join(consumers, 'node.js')))

const { client: given } = JSON.parse(process.env.SANDBOX_READY)
export const options = {
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  platformKeys: given.platform_keys,
  baseUrls: given.base_urls,
  // What ends a test that hangs; a busy machine is no reason.
  timeout: 600_000,
  // Single attempts: `network.rs` tests what follows them.
  maxRetries: 0,
  deadline: 600_000
}

let orders = 0
export const order = () => ({
  out_trade_no: `node-${process.pid}-${++orders}`,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})

/** Every Node.js that is supported, and Bun. */
const module = (path) => here(join('../runtimes/node_modules', path))
export const programs = {
  'Node.js 20': module('node20/bin/node'),
  'Node.js 22': module('node22/bin/node'),
  'Node.js 24': module('node24/bin/node'),
  'Node.js 26': module('node26/bin/node'),
  Bun: module('@oven/bun-linux-x64/bin/bun')
}

/** Runs a program to its end. */
export async function run(program, args, more = {}) {
  const child = spawn(program, args, { ...more, env: { ...process.env, ...more.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}
