// Calls under load on a JavaScript surface; prints what failed. The arguments: the module, the task, and its size.
import { pathToFileURL } from 'node:url'
import { optionsOf } from '../drivers/vectors.mjs'

const [module, task, ready, size] = (globalThis.Deno?.args ?? process.argv.slice(2))
const wx = await import(pathToFileURL(module))
const options = optionsOf({ options: { ...JSON.parse(ready).client, deadline: 60 } })
const failed = []
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const order = (number) => ({
  out_trade_no: number,
  transaction_id: '1000320306201511078440737890',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: '123456'
})
const kept = (error) => failed.push(`${error.code}: ${error.message}`)

const tasks = {
  /** Many callers of one client, each with one call after another. */
  async storm() {
    const client = new wx.Client(options)
    const caller = async (_, place) => {
      for (let call = 0; call < size; call++) await client.declare(order(`s${place}-${call}`)).catch(kept)
    }
    await Promise.all(Array.from({ length: 64 }, caller))
  },
  /** Pauses as long as the server lets a connection be idle. */
  async idle() {
    const client = new wx.Client({ ...options, deadline: 600_000 })
    for (let call = 0; call < size; call++) {
      const number = order(`i${call}`)
      await client.declare(number).catch(kept)
      await sleep(49 + 2 * Math.random())
      if (call % 4 > 0) continue
      await client.modify({ ...number, duty: 7 }).catch(kept)
      await sleep(49 + 2 * Math.random())
    }
  }
}

await tasks[task]()
console.log(JSON.stringify(failed))
