// Calls under load on a JavaScript surface; prints what failed. The arguments: the module, the task, and its size.
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { optionsOf } from '../conformance/drivers/vectors.mjs'

const [module, task, ready, size] = (globalThis.Deno?.args ?? process.argv.slice(2))
const wx = await import(pathToFileURL(module))
const options = optionsOf({ options: JSON.parse(ready).client })
const failed = []
/** The most bytes that a process may take for the second half of its calls: runtimes collect garbage when they like. */
const MOST = 80_000_000
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
  /** A third of the calls is given up: before they are sent, on their way, or in a pause. */
  async cancelled() {
    const client = new wx.Client(options)
    const call = async (number) => {
      const given = number % 3 === 0 ? { signal: AbortSignal.timeout(Math.floor(Math.random() * 40)) } : {}
      await client.declare(order(`c${number}`), given).catch((error) => error.name === 'TimeoutError' || kept(error))
    }
    const half = async (from, to) => {
      let next = from
      const caller = async () => {
        while (next < to) await call(next++)
      }
      await Promise.all(Array.from({ length: 16 }, caller))
      globalThis.gc?.()
      return process.memoryUsage().rss
    }
    const before = await half(0, size / 2)
    const grown = (await half(size / 2, size)) - before
    if (grown > MOST) failed.push(`memory has grown by ${grown} bytes`)
    await client.declare(order('last')).catch(kept)
  },
  /** Pauses as long as the server lets a connection be idle. */
  async idle() {
    const client = new wx.Client(options)
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
