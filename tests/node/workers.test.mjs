import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { here, options, order, wx } from './installed.mjs'

test('threads load and use the package at once, and ending one in the middle of its calls harms nobody', async () => {
  const client = new wx.Client(options)
  for (let round = 0; round < 5; round++) {
    const workers = Array.from({ length: 3 }, () => new Worker(here('worker.mjs')))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const [ended, ...others] = workers
    const own = client.declare(order())
    assert.equal(await ended.terminate(), 1)
    assert.equal((await own).state, 'UNDECLARED')
    const told = others.map(async (worker) => {
      const message = once(worker, 'message')
      const exit = once(worker, 'exit')
      worker.postMessage('stop')
      assert.ok((await message)[0] > 0)
      assert.deepEqual(await exit, [0])
    })
    await Promise.all(told)
  }
  assert.equal((await client.declare(order())).state, 'UNDECLARED')
})
