// What is special about workerd's isolates, against the sandbox whose ready line is in SANDBOX_READY.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { here, workerd } from './hosts.mjs'

const sandbox = JSON.parse(process.env.SANDBOX_READY)
let running
before(async () => (running = await workerd(here('isolate.mjs'), { SANDBOX: sandbox })))
after(() => running.stop())

async function asked(...request) {
  const answer = await running.send('/', { method: 'POST', body: JSON.stringify(request) })
  assert.equal(answer.status, 200, await answer.clone().text())
  return answer.json()
}

test('requests that need keys at the same time each download them, and all end well', async () => {
  // Slow enough for the second to come while the first waits.
  const slow = { fault: 'slow', operation: 'certificates', ms: 500, times: 2 }
  await fetch(`${sandbox.control_url}/faults`, { method: 'POST', body: JSON.stringify(slow) })
  const answers = await Promise.all([asked('declare', 1), asked('declare', 2)])
  assert.deepEqual(answers.map(({ state }) => state), ['UNDECLARED', 'UNDECLARED'])
  const { downloads } = await asked('declare', 3)
  assert.equal((await asked('declare', 4)).downloads, downloads, 'finished keys are shared')
})

test('a thousand calls leave the memory as large as the first hundred made it', async () => {
  await asked('declare', 1)
  const warm = await asked('query', 100)
  let last
  for (let request = 0; request < 10; request += 1) last = await asked('query', 100)
  assert.equal(last, warm)
})
