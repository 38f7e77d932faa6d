import assert from 'node:assert/strict'
import { test } from 'node:test'
import { here, run } from './installed.mjs'

test('ten thousand calls, a third given up, leave nothing behind, and the process ends by itself', async () => {
  const { stdout, stderr, code } = await run(process.execPath, ['--expose-gc', here('many_calls.mjs')])
  assert.deepEqual([code, stderr], [0, ''])
  const { done, given_up, other, unhandled, before, after } = JSON.parse(stdout)
  console.log(stdout.trim())
  assert.deepEqual([done + given_up, other, unhandled], [10_000, [], 0])
  assert.ok(given_up > 1_500, `${given_up} were given up`)
  // Seven thousand calls that kept a kilobyte each would keep seven.
  assert.ok(after[0] - before[0] < 4, `${before[0]} MiB in use, then ${after[0]}`)
  assert.ok(after[1] - before[1] < 64, `${before[1]} MiB resident, then ${after[1]}`)
})
