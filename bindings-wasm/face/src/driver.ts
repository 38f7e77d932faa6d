/** Carries an engine's actions out: signs, verifies, and sends with `fetch`. It decides nothing. */
import type { Attempt } from './generated.js'
import type { Action, Event, Outcome } from './generated_engine.js'
import type { Engine } from './native.js'

export type Send = Extract<Action, { action: 'send' }>

/** A request under way. */
export interface Exchange {
  /** Never rejects. */
  answer: Promise<Event>
  /** Gives it up. */
  stop(): void
}

export type Sending = (request: Send) => Exchange

/** What the caller's side brings. */
export interface Host {
  /** Missing where the engine signs and verifies by itself. */
  sign: ((message: Uint8Array, entropy: Uint8Array | null) => Promise<Uint8Array>) | undefined
  verify: ((spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>) | undefined
  /** Waits for a download of keys, and begins it unless it is under way; rejects with what the caller's signer threw. */
  loadKeys(flight: number): Promise<Landed>
  send: Sending
  observe(attempt: Attempt): void
  signal: AbortSignal | undefined
  /** Milliseconds since 1970. */
  clock: () => number
}

const START: Event = { event: 'start' }
const CANCEL: Event = { event: 'cancel' }
const HOST_FAILED: Event = { event: 'host_failed' }
const KEYS_READY: Event = { event: 'keys_ready' }
const KEYS_FAILED: Event = { event: 'keys_failed', error: null }
const TIMED_OUT: Event = { event: 'timed_out' }
const LATE: Event = { event: 'failed', sent: 'unknown', cause: 'timeout' }
export const BROKEN_OFF: Event = { event: 'failed', sent: 'unknown', cause: 'body' }
const NOTHING = new Uint8Array()

/** How a download of keys ended: without an error of ours, or with one. */
export type Landed = object | null

export async function drive(engine: Engine, host: Host): Promise<object> {
  let event: Event = START
  let thrown: unknown
  const hostAnswer = (answer: Promise<Event>, ms: number, failed = HOST_FAILED) =>
    within(ms, host.signal, answer.catch((error: unknown) => ((thrown = error), failed)))
  for (;;) {
    const [members, bytes] = parts(event)
    const step = engine.step(event.event, JSON.stringify(members), bytes, host.clock(), performance.now())
    const reached = 'computed' in step ? await within(step.timeout_ms, host.signal, step.computed) : step
    if ('event' in reached) {
      event = reached
      continue
    }
    const { emits, action } = reached
    for (const emit of emits) host.observe(emit)
    switch (action.action) {
      case 'sign':
        event = await hostAnswer(
          host.sign!(action.message, action.entropy).then((signature) => ({ event: 'signed', signature: asBytes(signature) })),
          action.timeout_ms
        )
        break
      case 'verify':
        event = await hostAnswer(
          host.verify!(action.spki_der, action.message, action.signature).then((ok) => ({ event: 'verified', ok })),
          action.timeout_ms
        )
        break
      case 'send':
        event = await send(host.send(action), action.timeout_ms, host.signal)
        break
      case 'sleep':
        event = await within(action.ms, host.signal, new Promise(() => {}), { event: 'woke' })
        break
      case 'load_keys':
        event = await hostAnswer(
          host.loadKeys(action.flight).then((error) => (error === null ? KEYS_READY : { event: 'keys_failed', error })),
          action.timeout_ms,
          KEYS_FAILED
        )
        break
      case 'done':
        return ended(action.outcome, host.signal, thrown)
    }
  }
}

/** What an event says beside its name, and its bytes. */
function parts(event: Event): [members: object, bytes: Uint8Array] {
  switch (event.event) {
    case 'signed':
      return [{}, event.signature]
    case 'response': {
      const { status, headers, body, truncated } = event
      return [{ status, headers, truncated }, body]
    }
    default:
      return [event, NOTHING]
  }
}

function ended(outcome: Outcome, signal: AbortSignal | undefined, thrown: unknown): object {
  switch (outcome.end) {
    case 'ok': {
      const { value, request_id, warnings } = outcome.with
      return Object.assign(value, { request_id, warnings })
    }
    case 'prepared': {
      const { request, warnings } = outcome.with
      return Object.assign(request, { warnings })
    }
    case 'err':
      throw outcome.with
    case 'host':
      throw thrown
    case 'cancelled':
      throw signal?.reason
  }
}

/** The answer, unless the time is up or the caller gives up before. */
function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  answer: Promise<T>,
  late = TIMED_OUT
): Promise<T | Event> {
  return new Promise((resolve) => {
    const abort = () => settle(CANCEL)
    const timer = setTimeout(() => settle(late), ms)
    function settle(answer: T | Event | Promise<never>): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(answer)
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    void answer.then(settle, (error) => settle(Promise.reject(error)))
  })
}

/** A signer of the caller's may give anything; what is no bytes is for the engine to refuse. */
function asBytes(given: unknown): Uint8Array {
  if (given instanceof Uint8Array) return given
  return given instanceof ArrayBuffer ? new Uint8Array(given) : NOTHING
}

async function send({ answer, stop }: Exchange, ms: number, signal: AbortSignal | undefined): Promise<Event> {
  const event = await within(ms, signal, answer, LATE)
  // An abort makes an exception with its stack, for nothing if the answer was read.
  if (event.event !== 'response') stop()
  return event
}

export function sendBy(fetch: typeof globalThis.fetch): Sending {
  return (request) => {
    const aborter = new AbortController()
    return { answer: exchange(request, fetch, aborter.signal), stop: () => aborter.abort() }
  }
}

/** `fetch` is called without a receiver, as some hosts insist. */
async function exchange(request: Send, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Event> {
  const { method, url, headers, body, max_body } = request
  let response: Response
  try {
    // workerd lacks `redirect: 'error'`; the engine refuses what comes back.
    response = await fetch(url, { method, headers, body, redirect: 'manual', signal })
  } catch (error) {
    return failure(error)
  }
  try {
    const { bytes, truncated } = await read(response, max_body)
    return { event: 'response', status: response.status, headers: [...response.headers], body: bytes, truncated }
  } catch {
    return BROKEN_OFF
  }
}

async function read(response: Response, max: number): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  while (reader !== undefined && length <= max) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
  }
  const truncated = length > max
  if (truncated) reader?.cancel().catch(() => {})
  return { bytes: joined(chunks, length).subarray(0, max), truncated }
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** The codes under which `fetch` and Node.js tell that a request was surely not sent; of all else it cannot be known. */
const NOT_SENT = {
  ECONNREFUSED: 'connect',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'timeout'
} as const

export function failure(error: unknown): Event {
  const { sent, cause, code: own } = (error ?? {}) as { sent?: unknown; cause?: { code?: unknown }; code?: unknown }
  // Bun names the code on the error itself, Node.js on its cause.
  const code = String(cause?.code ?? own)
  if (Object.hasOwn(NOT_SENT, code)) return { event: 'failed', sent: 'no', cause: NOT_SENT[code as keyof typeof NOT_SENT] }
  const known = code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' ? 'reset' : 'other'
  return { event: 'failed', sent: sent === false ? 'no' : 'unknown', cause: known }
}
