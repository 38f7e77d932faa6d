// Ten thousand calls, two hundred at once, a third of them given up at some time: prints what is left of them.
import { options, order, wx } from './installed.mjs'

const [CALLS, AT_ONCE, WARM_UP] = [10_000, 200, 3_000]
const client = new wx.Client({ ...options, timeout: 600_000, deadline: 600_000 })
const reason = new Error('given up')
const ended = { done: 0, given_up: 0, other: [] }
let unhandled = 0
process.on('unhandledRejection', () => (unhandled += 1))

async function call(number) {
  const aborter = new AbortController()
  // At once, which no answer can come before, or at some time.
  if (number % 6 === 0) setImmediate(() => aborter.abort(reason))
  else if (number % 3 === 0) setTimeout(() => aborter.abort(reason), Math.random() * 200)
  try {
    await client.declare(order(), { signal: aborter.signal })
    ended.done += 1
  } catch (error) {
    if (error === reason) ended.given_up += 1
    else ended.other.push(String(error))
  }
}

let begun = 0
async function calls(until) {
  while (begun < until) await call((begun += 1))
}
const all = (until) => Promise.all(Array.from({ length: AT_ONCE }, () => calls(until)))
/** What is in use when everything that can be collected has been: MiB. */
async function memory() {
  for (let times = 0; times < 5; times++) {
    global.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return [heapUsed + external, rss].map((bytes) => bytes / 2 ** 20)
}

await all(WARM_UP)
const before = await memory()
await all(CALLS)
const after = await memory()
console.log(JSON.stringify({ ...ended, unhandled, before, after }))
