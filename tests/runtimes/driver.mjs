// Runs vectors in a runtime that has no standard input: a vector per line in, a report per line out.
// The first argument is the runtime: workerd, edge or chromium.
import { text } from 'node:stream/consumers'
import { edge, here, page, workerd } from './hosts.mjs'

/** So many at once: a request to a worker should not be huge. */
const BATCH = 50

async function worker({ send, stop }) {
  const report = async (vectors) => {
    const answer = await send('/', { method: 'POST', body: JSON.stringify(vectors) })
    return answer.json()
  }
  return { report, stop }
}

const hosts = {
  workerd: async () => worker(await workerd(here('worker.mjs'))),
  edge: async () => worker(await edge(here('edge.mjs'))),
  async chromium() {
    const { page: opened, stop } = await page()
    await opened.evaluate(() => wx.init())
    const report = (vectors) =>
      opened.evaluate(async (vectors) => {
        const reports = []
        for (const vector of JSON.parse(vectors)) reports.push(await report(vector))
        return JSON.stringify(reports)
      }, JSON.stringify(vectors))
    // As text: what carries values to a page and back loses members called `__proto__`.
    return { report: async (vectors) => JSON.parse(await report(vectors)), stop }
  }
}

const { report, stop } = await hosts[process.argv[2]]()
try {
  const lines = (await text(process.stdin)).split('\n').filter(Boolean)
  for (let from = 0; from < lines.length; from += BATCH) {
    const batch = lines.slice(from, from + BATCH).map((line) => JSON.parse(line))
    for (const told of await report(batch)) console.log(JSON.stringify(told))
  }
} finally {
  await stop()
}
