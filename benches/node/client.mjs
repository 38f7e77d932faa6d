// One library in a process of its own; gives its figures to whoever started it.
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import { libraries } from './libraries.mjs'
import { median } from './median.mjs'

/** Calls that are measured, after others by which V8 has compiled what it will, and how many are under way. */
const CALLS = 5000
const WARM_UP = 10_000
const AT_ONCE = 32
/** Turns of calls and of bare exchanges, of which the event loop's share is taken. */
const TURNS = 5
const CALLS_A_TURN = 2000

const [{ library, what, given, services, fields, answer }] = await once(process, 'message')

/** Milliseconds of a processor that this thread, which runs the event loop, has used. */
const held = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6

/** Does so many things, so many of them at once. */
async function many(count, atOnce, action) {
  let left = count
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await action()
    })
  )
}

const measured = {
  /** Calls per second of a processor, all threads together, and per second; the milliseconds of a call on the event loop. */
  async calls() {
    const declare = await verifying()
    const call = async () => check(await declare(fields))
    await many(WARM_UP, AT_ONCE, call)
    const [begun, cpu, loop] = [performance.now(), process.cpuUsage(), held()]
    await many(CALLS, AT_ONCE, call)
    const { user, system } = process.cpuUsage(cpu)
    return {
      cpu: (CALLS * 1e6) / (user + system),
      wall: (CALLS * 1e3) / (performance.now() - begun),
      loop: (held() - loop) / CALLS
    }
  },

  /**
   * Milliseconds of a call on the event loop but for the exchange over the network: those of calls less those of the same
   * request sent, and its answer read, by Node.js's `http` alone; with as many under way as above, and one by one. What
   * remains is the face, the engine, and handing the signature and its verification to the thread pool and taking them back.
   */
  async own() {
    const declare = await verifying()
    const sent = await signedRequest()
    const call = async () => check(await declare(fields))
    const bare = () => exchanged(sent)
    const apart = async (atOnce) => {
      const spent = async (action) => {
        const begun = held()
        await many(CALLS_A_TURN, atOnce, action)
        return (held() - begun) / CALLS_A_TURN
      }
      for (const action of [bare, call]) await many(WARM_UP / 2, atOnce, action)
      const turns = []
      for (let turn = 0; turn < TURNS; turn += 1) {
        const without = await spent(bare)
        turns.push((await spent(call)) - without)
      }
      return median(turns)
    }
    return { own: await apart(AT_ONCE), ownAlone: await apart(1) }
  }
}

/** The call, after it has refused the same answer under a wrong signature. */
async function verifying() {
  const deceived = await libraries[library](given, services.wrong)
  const answered = await deceived(fields).then(
    () => true,
    () => false
  )
  if (answered) throw new Error(`${library} takes an answer whose signature is wrong`)
  return libraries[library](given, services.right)
}

function check({ state, out_trade_no }) {
  const expected = JSON.parse(answer)
  if (state !== expected.state || out_trade_no !== expected.out_trade_no) throw new Error(`${library} read another answer`)
}

/** The request of the call. */
async function signedRequest() {
  let seen
  const fetched = (url, { method, headers, body }) => {
    seen = { url, method, headers: Object.fromEntries(headers), body }
    return fetch(url, { method, headers, body })
  }
  await (await libraries[library](given, services.right, { fetch: fetched }))(fields)
  return seen
}

function exchanged({ url, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const answered = (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
    }
    request(url, { method, headers }, answered).on('error', reject).end(body)
  })
}

process.send(await measured[what]())
process.disconnect()
