// Measures the Node.js package beside other libraries, each in a process of its own, by turns. Prints a figure per line:
// library, name, value.
import { fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { libraries } from './libraries.mjs'
import { median } from './median.mjs'

const ROUNDS = 9

const OURS = 'wechatpay-customs'
const start = (name) => fork(fileURLToPath(new URL(name, import.meta.url)))

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
const [merchant, platform] = [pair(), pair()]
const keyId = 'PUB_KEY_ID_0112345678902026112200000000000001'
const ids = { appid: 'wxd678efh567hg6787', mchid: '1230000109' }
const given = {
  ...ids,
  serialNo: '4F8C21D7A03E96B5C1D82E7FA4630B95D1E8C72A',
  privateKey: merchant.privateKey,
  keyId,
  publicKey: platform.publicKey
}
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
const { out_trade_no, transaction_id, sub_order_no } = fields
const answer = JSON.stringify({
  ...ids,
  state: 'PROCESSING',
  out_trade_no,
  transaction_id,
  sub_order_no,
  sub_order_id: sub_order_no,
  verify_department: 'UNIONPAY',
  verify_department_trade_id: '2018112288340107038204310100000'
})

const service = start('service.mjs')
service.send({ platformKey: platform.privateKey, keyId, answer })
const [services] = await once(service, 'message')

async function measure(library, what) {
  const client = start('client.mjs')
  client.send({ library, what, given, services, fields, answer })
  const [figures] = await Promise.race([
    once(client, 'message'),
    once(client, 'exit').then(() => {
      throw new Error(`${library} was not measured`)
    })
  ])
  return figures
}

/** The figures of each turn, by library and name. */
const turns = Object.fromEntries(Object.keys(libraries).map((library) => [library, []]))
for (let round = 0; round < ROUNDS; round += 1) {
  for (const library of Object.keys(libraries)) {
    const figures = await measure(library, 'calls')
    if (library === OURS) Object.assign(figures, await measure(library, 'own'))
    turns[library].push(figures)
  }
}
service.kill()

for (const [library, rounds] of Object.entries(turns)) {
  for (const name of Object.keys(rounds[0])) console.log(library, name, median(rounds.map((figures) => figures[name])))
  // What disturbs a turn disturbs its neighbours too.
  const ratios = rounds.map(({ cpu }, round) => turns[OURS][round].cpu / cpu)
  console.log(library, 'ratio', median(ratios))
}
