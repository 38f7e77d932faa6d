// What becomes of a call whose signature, or whose verification, waits for a thread.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { options, order, wx } from './installed.mjs'

const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4)

/** Holds every thread of the pool, by a pipe to which nobody writes, until the function that it gives is called. */
async function hold(folder) {
  const pipe = join(folder, `pipe-${Math.random()}`)
  execFileSync('mkfifo', [pipe])
  const opened = Array.from({ length: THREADS }, () => open(pipe, 'r'))
  return async () => {
    const writer = openSync(pipe, 'w')
    for (const reader of await Promise.all(opened)) await reader.close()
    closeSync(writer)
  }
}

test('a call that waits for a thread is given up at once, and ends at its deadline', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-customs-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const seen = []
  const onAttempt = ({ phase, may_have_been_applied }) => seen.push([phase, may_have_been_applied])
  const client = (more) => new wx.Client({ ...options, onAttempt, ...more })
  assert.equal(client().backend, 'native')

  const reason = new Error('the customer left')
  const givenUp = (error) => error === reason
  const leaving = () => {
    const aborter = new AbortController()
    setTimeout(() => aborter.abort(reason), 20)
    return aborter.signal
  }
  const late = { kind: 'transport', code: 'DEADLINE_EXCEEDED' }

  const release = await hold(folder)
  await assert.rejects(client().declare(order(), { signal: leaving() }), givenUp)
  await assert.rejects(client().declare(order(), { deadline: 50 }), { ...late, mayHaveBeenApplied: false })
  assert.deepEqual(seen.splice(0), [])
  await release()

  let answered
  const answering = async (url, init) => {
    const answer = await fetch(url, init)
    answered(await hold(folder))
    return answer
  }
  const holding = () => new Promise((resolve) => (answered = resolve))
  const aborter = new AbortController()
  let held = holding()
  held.then(() => setTimeout(() => aborter.abort(reason), 20))
  await assert.rejects(client({ fetch: answering }).declare(order(), { signal: aborter.signal }), givenUp)
  await (await held)()
  held = holding()
  const slow = client({ fetch: answering }).declare(order(), { deadline: 500 })
  await assert.rejects(slow, { ...late, mayHaveBeenApplied: true })
  await (await held)()
  const both = [
    ['request', false],
    ['response', true]
  ]
  assert.deepEqual(seen.splice(0), [...both, ...both])

  assert.equal((await client().declare(order())).state, 'UNDECLARED')
})
