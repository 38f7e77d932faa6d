// A thread that declares until it is told to stop, or ended.
import { parentPort } from 'node:worker_threads'
import { options, order, wx } from './installed.mjs'

const client = new wx.Client(options)
let going = true
parentPort.once('message', () => (going = false))
let declared = 0
const line = async () => {
  while (going) {
    const { state } = await client.declare({ ...order(), out_trade_no: `worker-${crypto.randomUUID().slice(0, 20)}` })
    if (state !== 'UNDECLARED') throw new Error(state)
    declared += 1
    if (declared === 1) parentPort.postMessage('begun')
  }
}
await Promise.all([line(), line(), line(), line()])
parentPort.postMessage(declared)
