// Runs the README's worker, the first argument, with what is in sandbox.json: an order that is right and one that is not.
import { readFileSync } from 'node:fs'
import { workerd } from './hosts.mjs'

const { client } = JSON.parse(readFileSync('sandbox.json', 'utf8'))
const { send, stop } = await workerd(process.argv[2], { WECHATPAY: JSON.stringify(client) })
const order = { out_trade_no: '2026112200004', transaction_id: '4200000000202611220000000004' }
for (const body of [order, { ...order, out_trade_no: '' }]) {
  const answer = await send('/', { method: 'POST', body: JSON.stringify(body) })
  const { state, code } = await answer.json()
  console.log(answer.status, state ?? code)
}
stop()
