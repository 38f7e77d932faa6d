// Declares a split order and asks for it, with either npm package: `node declare.mjs ENTRY READY`, where ENTRY is the
// package's entry file and READY the sandbox's ready line, saved as a file.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [entry, ready] = process.argv.slice(2)
const { Client } = await import(pathToFileURL(entry))

const { client: given } = JSON.parse(readFileSync(ready, 'utf8'))
const client = new Client({
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  platformKeys: given.platform_keys,
  baseUrls: given.base_urls
})
const order = {
  out_trade_no: '20150806125347',
  transaction_id: '1000320306201511078440737890',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: '123456',
  duty: 888,
  sub_order_no: '20150806125347',
  fee_type: 'CNY',
  order_fee: 1776,
  transport_fee: 888,
  product_fee: 888
}
const declared = await client.declare(order)
const found = await client.query({ order_type: 'sub_order_id', order_no: declared.sub_order_id, customs: order.customs })
const { headers } = await client.prepare('declare', order, 1767225600, '5K8264ILTKCH16CQ2502SI8ZNMTM67VS')
console.log(JSON.stringify({ state: declared.state, records: found.data.length, authorization: headers.Authorization }))
