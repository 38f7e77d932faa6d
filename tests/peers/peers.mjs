// wechatpay-axios-plugin as it comes against the sandbox whose ready line is in SANDBOX_READY: it signs and verifies itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Wechatpay } from 'wechatpay-axios-plugin'

const { client } = JSON.parse(process.env.SANDBOX_READY)
const { appid, mchid } = client
const publicKey = Object.keys(client.platform_keys).find((id) => id.startsWith('PUB_KEY_ID_'))

/** One of its clients, with these headers on each call. */
const peer = (headers = {}, certs = client.platform_keys) =>
  new Wechatpay({
    mchid,
    serial: client.serial_no,
    privateKey: client.private_key,
    certs: { ...certs },
    baseURL: client.base_urls[0],
    headers,
    proxy: false
  })

for (const prefix of ['v3/global', 'global/v3']) {
  for (const [kind, headers] of Object.entries({ certificate: {}, 'public key': { 'Wechatpay-Serial': publicKey } })) {
    test(`declares, queries, modifies and is refused: ${prefix}, answers signed by the ${kind}`, async () => {
      const orders = peer(headers).chain(`${prefix}/customs/orders`)
      const ids = {
        appid,
        mchid,
        out_trade_no: `axios|${prefix[0]}@${kind.length}`,
        transaction_id: '4200000000202611220000000001',
        customs: 'SHANGHAI_ZS'
      }
      const declared = await orders.post({ ...ids, merchant_customs_no: 'IC2N000001' })
      assert.equal(declared.data.state, 'UNDECLARED')
      assert.equal(declared.headers['wechatpay-serial'] === publicKey, kind === 'public key')

      const params = { appid, mchid, order_type: 'out_trade_no', order_no: ids.out_trade_no, customs: ids.customs }
      const found = await orders.get({ params })
      assert.deepEqual(found.data.data.map(({ mch_customs_no }) => mch_customs_no), ['IC2N000001'])

      const modified = await orders.patch({ ...ids, merchant_customs_no: 'IC2N000002' })
      assert.equal(modified.data.state, 'SUBMITTED')

      const { response } = await orders.post({ ...ids, merchant_customs_no: 'IC2N000003' }).catch((error) => error)
      assert.deepEqual([response.status, response.data.code], [400, 'INVALID_REQUEST'])
    })
  }
}

test('its verification is at work', async () => {
  const serial = Object.keys(client.platform_keys).find((id) => id !== publicKey)
  const wxpay = peer({}, { [serial]: client.platform_keys[publicKey] })
  await assert.rejects(wxpay.chain('v3/global/certificates').get(), { code: 'EV3_RES_HEADER_SIGNATURE_DIGEST' })
})
