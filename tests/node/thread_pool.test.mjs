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

  /** Calls with a fetch that holds every thread as soon as it has the whole answer, and gives the error. */
  const calling = async (limits, answered = () => {}) => {
    let free, error
    const answering = async (url, init) => {
      const answer = await fetch(url, init)
      const [{ status, headers }, body] = [answer, await answer.arrayBuffer()]
      // No timer comes before the client has read it, and waits for a thread.
      if (error === undefined) free = await hold(folder)
      setTimeout(answered)
      return new Response(body, { status, headers })
    }
    error = await client({ fetch: answering }).declare(order(), limits).catch((error) => error)
    await free?.()
    return error
  }
  const both = [
    ['request', false],
    ['response', true]
  ]
  const aborter = new AbortController()
  assert.equal(await calling({ signal: aborter.signal }, () => aborter.abort(reason)), reason)
  assert.deepEqual(seen.splice(0), both)
  // On a busy machine a deadline may be over before there is an answer: then again with more.
  for (let deadline = 500, phase; phase !== 'response'; deadline *= 4) {
    const { kind, code, mayHaveBeenApplied } = await calling({ deadline })
    assert.deepEqual({ kind, code }, late)
    phase = seen.at(-1)[0]
    if (phase === 'response') assert.deepEqual([mayHaveBeenApplied, seen], [true, both])
    seen.length = 0
  }

  assert.equal((await client().declare(order())).state, 'UNDECLARED')
})
