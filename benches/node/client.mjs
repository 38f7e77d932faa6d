// One library in a process of its own; gives its figures to whoever started it.
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { libraries } from './libraries.mjs'

/** Calls that are measured, after others, and how many are under way. */
const CALLS = 4000
const WARM_UP = 1000
const AT_ONCE = 32
/** Calls one after the other, of which the event loop's share is taken. */
const IN_A_ROW = 10_000

const [{ library, what, given, services, fields, answer }] = await once(process, 'message')

/** Milliseconds of a processor that this thread, which runs the event loop, has used. */
const held = () => Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6

const measured = {
  /** Calls per second of a processor, all threads together, and per second; the milliseconds of a call on the event loop. */
  async calls() {
    const declare = await verifying()
    const many = async (calls) => {
      let left = calls
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (left-- > 0) check(await declare(fields))
        })
      )
    }
    await many(WARM_UP)
    const [begun, cpu, loop] = [performance.now(), process.cpuUsage(), held()]
    await many(CALLS)
    const { user, system } = process.cpuUsage(cpu)
    return {
      cpu: (CALLS * 1e6) / (user + system),
      wall: (CALLS * 1e3) / (performance.now() - begun),
      loop: (held() - loop) / CALLS
    }
  },

  /**
   * Milliseconds of a call on the event loop but for `fetch`: of calls whose `fetch` gives a signed answer at once, less
   * those of the same `fetch` whose answer is read by itself, headers and body. So what remains is the face, the engine,
   * and handing the signature and its verification to the thread pool and taking them back.
   */
  async own() {
    const { status, headers, text } = await replayed()
    const replay = async () => new Response(text, { status, headers })
    const declare = await libraries[library](given, services.right, { fetch: replay })
    const bare = async () => {
      const response = await replay()
      return [[...response.headers], await response.arrayBuffer()]
    }
    const spent = async (action) => {
      const begun = held()
      for (let call = 0; call < IN_A_ROW; call += 1) await action()
      return (held() - begun) / IN_A_ROW
    }
    const call = async () => check(await declare(fields))
    for (const action of [bare, call]) for (let time = 0; time < WARM_UP; time += 1) await action()
    const without = await spent(bare)
    return { own: (await spent(call)) - without }
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

async function replayed() {
  const response = await fetch(services.right, { method: 'POST' })
  return { status: response.status, headers: [...response.headers], text: await response.text() }
}

process.send(await measured[what]())
process.disconnect()
