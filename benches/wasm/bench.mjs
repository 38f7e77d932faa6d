// Measures the WASM package in Node.js and in workerd, both from outside: workerd's clock stands still while it computes.
// Prints a figure per line: host, name, value.
import { spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from '../../target/consumers/wasm.js'
import { workerd } from '../../tests/runtimes/hosts.mjs'
import { optionsOf } from '../../tests/conformance/drivers/vectors.mjs'

/** Turns of bare and ours; the work of a turn is repeated until it takes some 10 ms. */
const ROUNDS = 200
const REPEATED = { sign: 25, verify: 200 }
/** Fresh processes that make a first request. */
const PROCESSES = 15
/** Full calls, by so many a request. */
const CALLS = 1000
const CALLS_A_REQUEST = 50
const IDLE_MS = 3000
/** Of `/proc`, a second. */
const TICKS = 100

// Each start of workerd leaves a folder to be removed in the end.
process.setMaxListeners(0)

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const hosts = {
  async node() {
    const child = spawn(process.execPath, [here('node.mjs')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [port] = await once(child, 'message')
    return { pid: child.pid, send: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), stop: () => child.kill() }
  },
  workerd: () => workerd(here('worker.mjs'))
}

/** Starts a host; `asks` gives the milliseconds that an answer took. */
async function started(host, given) {
  const { pid, send, stop } = await hosts[host]()
  const asks = async (...request) => {
    const begun = performance.now()
    const answer = await send('/', { method: 'POST', body: JSON.stringify(request) })
    await answer.arrayBuffer()
    const took = performance.now() - begun
    if (answer.status !== 200) throw new Error(`${host} answered ${request[0]} with ${answer.status}`)
    return took
  }
  await asks('given', given)
  const nothing = median(await series(50, () => asks('nothing', 1)))
  return { pid, asks, nothing, stop }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

async function series(times, action) {
  const results = []
  for (let time = 0; time < times; time += 1) results.push(await action(time))
  return results
}

/** The median of the ratios of ours to the bare work, each first in turn, and the milliseconds of the bare work. */
async function pair({ asks, nothing }, bare, ours) {
  const times = REPEATED[bare]
  const each = async (name) => ((await asks(name, times)) - nothing) / times
  await series(5, async () => [await each(bare), await each(ours)])
  const bares = []
  const ratios = await series(ROUNDS, async (round) => {
    const took = {}
    for (const name of round % 2 === 0 ? [bare, ours] : [ours, bare]) took[name] = await each(name)
    bares.push(took[bare])
    return took[ours] / took[bare]
  })
  return [median(ratios), median(bares)]
}

/** Milliseconds of a processor that a process has used, all its threads together. */
function used(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}

async function spent(pid, action) {
  const [before, begun] = [used(pid), performance.now()]
  await action()
  return [used(pid) - before, performance.now() - begun]
}

/** Milliseconds of a processor for a call, those of the idle process subtracted. */
async function processor({ pid, asks }, name) {
  await asks(name, CALLS_A_REQUEST)
  const [idle, idled] = await spent(pid, () => setTimeout(IDLE_MS))
  const [busy, took] = await spent(pid, () => series(CALLS / CALLS_A_REQUEST, () => asks(name, CALLS_A_REQUEST)))
  return (busy - (idle * took) / idled) / CALLS
}

async function first(host, given) {
  const { asks, nothing, stop } = await started(host, given)
  const took = await asks('prepare', 1)
  stop()
  return took - nothing
}

const read = (name) => JSON.parse(readFileSync(here(`../../tests/vectors/${name}.json`), 'utf8'))
const { response } = read('parse').vectors[0]
const headers = Object.fromEntries(response.headers)

/** Replays the answer, to any request. */
const service = createServer((request, answer) => {
  request.resume().on('end', () => answer.writeHead(response.status, headers).end(response.body))
}).listen(0, '127.0.0.1')
await once(service, 'listening')

const options = { ...optionsOf({ options: read('options') }), baseUrls: [`http://127.0.0.1:${service.address().port}`] }
const now = Number(headers['Wechatpay-Timestamp'])
const nonce = headers['Wechatpay-Nonce']
const fields = {
  out_trade_no: '20150806125346',
  transaction_id: '1000320306201511078440737890',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: '123456',
  sub_order_no: '20150806125346',
  fee_type: 'CNY',
  order_fee: 888,
  transport_fee: 888,
  product_fee: 0
}
const base64 = (bytes) => Buffer.from(bytes).toString('base64')
const pem = (text) => text.replace(/-----.*?-----|\s/g, '')
let request
const signer = (message) => {
  request = base64(message)
  return new Uint8Array(256)
}
const { body } = await new Client({ ...options, privateKey: undefined, signer }).prepare('declare', fields, now, nonce)
const given = {
  options,
  fields,
  now,
  nonce,
  response,
  body,
  request,
  pkcs8: pem(options.privateKey),
  spki: base64(createPublicKey(options.platformKeys[headers['Wechatpay-Serial']]).export({ type: 'spki', format: 'der' })),
  answer: base64(`${now}\n${nonce}\n${response.body}\n`),
  signature: headers['Wechatpay-Signature']
}

for (const host of Object.keys(hosts)) {
  const running = await started(host, given)
  const figures = {}
  ;[figures.prepare, figures.sign] = await pair(running, 'sign', 'prepare')
  ;[figures.parse, figures.verify] = await pair(running, 'verify', 'parse')
  figures.call = await processor(running, 'call')
  figures.bare_call = await processor(running, 'bareCall')
  running.stop()
  figures.first = median(await series(PROCESSES, () => first(host, given)))
  for (const [name, value] of Object.entries(figures)) console.log(host, name, value)
}
service.close()
service.closeAllConnections()
