// A worker whose client is made when its module is loaded, before any request.
import { env } from 'cloudflare:workers'
import * as wx from '../../target/consumers/wasm.js'
import { initSync } from '../../target/consumers/node_modules/wechatpay-customs-wasm/pkg/core/wechatpay_customs_wasm.js'

const { client: given } = env.SANDBOX
const options = {
  appid: given.appid,
  mchid: given.mchid,
  serialNo: given.serial_no,
  privateKey: given.private_key,
  baseUrls: given.base_urls
}
let downloads = 0
const client = new wx.Client({
  ...options,
  apiV3Key: given.api_v3_key,
  onAttempt: ({ phase, operation }) => {
    if (phase === 'request' && operation === 'certificates') downloads += 1
  }
})
const query = { order_type: 'out_trade_no', order_no: 'isolate-1', customs: 'SHANGHAI_ZS' }
const order = (number) => ({
  out_trade_no: `isolate-${number}`,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})

const requests = {
  async declare(number) {
    await wx.init()
    const { state } = await client.declare(order(number))
    return { state, downloads }
  },
  /** So many queries; one in ten also as a client of its own and in two steps. The memory that they leave, in bytes. */
  async query(times) {
    for (let call = 0; call < times; call += 1) {
      await client.query(query)
      if (call % 10 === 0) {
        const { method, url, headers } = await wx.prepare('query', query, { ...options, platformKeys: given.platform_keys })
        const answer = await fetch(url, { method, headers })
        const received = { status: answer.status, headers: answer.headers, body: await answer.text() }
        await wx.parse('query', received, { platformKeys: given.platform_keys })
      }
    }
    return initSync().memory.buffer.byteLength
  }
}

export default {
  async fetch(request) {
    const [name, argument] = await request.json()
    return Response.json(await requests[name](argument))
  }
}
