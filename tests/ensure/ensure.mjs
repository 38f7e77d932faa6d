// Orders that are ensured on a JavaScript surface until all are settled; goes on from what it kept, however it ended before.
// The arguments: the module, the sandbox's ready line, the file to keep results in, and the number of orders.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { optionsOf } from '../conformance/drivers/vectors.mjs'

const [module, ready, kept, count] = globalThis.Deno?.args ?? process.argv.slice(2)
const wx = await import(pathToFileURL(module))
const client = new wx.Client(optionsOf({ options: JSON.parse(ready).client }))

const order = (place) => ({
  out_trade_no: `e${place}`,
  transaction_id: '1000320306201511078440737890',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: '123456',
  duty: 7
})

// A line for each result, the last of an order's counts; one that was cut off by a crash does not.
const results = new Map()
for (const line of existsSync(kept) ? readFileSync(kept, 'utf8').split('\n') : []) {
  try {
    results.set(...JSON.parse(line))
  } catch {}
}

const due = (result) => (result ? Math.max(0, Math.min(result.retry_at * 1000 - Date.now(), 100)) : 0)

async function settle(lane) {
  for (let place = lane; place < Number(count); place += 16) {
    while (!results.get(place)?.settled) {
      const after = results.get(place)
      await new Promise((resolve) => setTimeout(resolve, due(after)))
      const result = await client.ensure(order(place), { wait: false, after, interval: 100, maxInterval: 300 })
      results.set(place, result)
      appendFileSync(kept, `\n${JSON.stringify([place, result])}\n`)
    }
  }
}

await Promise.all(Array.from({ length: 16 }, (_, lane) => settle(lane)))
console.log(JSON.stringify([...results].sort(([one], [other]) => one - other).map(([, result]) => result)))
