// Replays one answer to every request, signed anew each second; at a second port with a signature that is wrong.
// Takes its key and the answer from whoever started it, and tells both ports.
import { sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const [{ platformKey, keyId, answer }] = await once(process, 'message')

let second
let headers
function signed() {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    const nonce = `nonce${now}`
    const signature = sign('sha256', `${now}\n${nonce}\n${answer}\n`, platformKey).toString('base64')
    headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': answer.length,
      'Request-ID': '08F78BB5AF0610D302189F8BDC5720E8D8E5A102-268486789',
      'Wechatpay-Timestamp': `${now}`,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Serial': keyId,
      'Wechatpay-Signature': signature
    }
  }
  return headers
}
const swapped = (signature) => signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))

async function listens(headers) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, headers()).end(answer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${server.address().port}`
}
const right = await listens(signed)
const wrong = await listens(() => ({ ...signed(), 'Wechatpay-Signature': swapped(signed()['Wechatpay-Signature']) }))
process.send({ right, wrong })
