// The same declaration by each library, as its users would make it. Each gets parsed keys where it takes them, and gives
// what the service answered, or fails if that was not signed by the service.
import { createPrivateKey, createPublicKey } from 'node:crypto'

const PATH = '/v3/global/customs/orders'

export const libraries = {
  async 'wechatpay-customs'({ appid, mchid, serialNo, privateKey, keyId, publicKey }, url, more) {
    const { Client } = await import('../../target/consumers/node.js')
    const platformKeys = { [keyId]: publicKey }
    const client = new Client({ appid, mchid, serialNo, privateKey, platformKeys, baseUrls: [url], ...more })
    if (client.backend !== 'native') throw new Error(`not the addon was loaded, but ${client.backend}`)
    return (fields) => client.declare(fields)
  },

  async 'wechatpay-axios-plugin'({ appid, mchid, serialNo, privateKey, keyId, publicKey }, url) {
    const { Wechatpay } = await import('wechatpay-axios-plugin')
    const wxpay = new Wechatpay({
      mchid,
      serial: serialNo,
      privateKey: createPrivateKey(privateKey),
      certs: { [keyId]: createPublicKey(publicKey) },
      baseURL: url
    })
    const { orders } = wxpay.v3.global.customs
    return async (fields) => (await orders.post({ appid, mchid, ...fields })).data
  },

  // It has no call for customs, and looks at no answer's signature by itself: callers make both of its methods. What it
  // sends with, superagent, is called as it calls it, but that it drops the headers in which the signature stands.
  async 'wechatpay-node-v3'({ appid, mchid, serialNo, privateKey, keyId, publicKey }, url) {
    const { default: WxPay } = await import('wechatpay-node-v3')
    const { default: superagent } = await import('superagent')
    WxPay.certificates = { [keyId]: createPublicKey(publicKey) }
    const pay = new WxPay({ appid, mchid, serial_no: serialNo, publicKey, privateKey: createPrivateKey(privateKey) })
    return async (fields) => {
      const order = { appid, mchid, ...fields }
      const authorization = pay.buildAuthorization('POST', PATH, order)
      const sent = superagent.post(url + PATH).send(order)
      const { headers, text, body } = await sent.set(pay.getHeaders(authorization, { 'Content-Type': 'application/json' }))
      const verified = await pay.verifySign({
        timestamp: headers['wechatpay-timestamp'],
        nonce: headers['wechatpay-nonce'],
        serial: headers['wechatpay-serial'],
        signature: headers['wechatpay-signature'],
        body: text
      })
      if (!verified) throw new Error('the signature is wrong')
      return body
    }
  }
}
