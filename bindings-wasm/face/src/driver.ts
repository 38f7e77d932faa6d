/** Carries an engine's actions out: signs, verifies, and sends with `fetch`. It decides nothing. */
import type { Attempt } from './generated.js'
import type { Action, Event, Outcome } from './generated_engine.js'
import type { Engine } from './native.js'

/** What the caller's side brings. */
export interface Host {
  sign(message: Uint8Array, entropy: Uint8Array | null): Promise<Uint8Array>
  verify(spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** Waits for a download of keys, and begins it unless it is under way; rejects with what the caller's signer threw. */
  loadKeys(flight: number): Promise<Landed>
  fetch: typeof fetch
  onAttempt(attempt: Attempt): void
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
const NOTHING = new Uint8Array()

/** An event whose bytes, if it has any, can be taken apart. */
type Flat = Event & { signature?: Uint8Array; body?: Uint8Array }

/** How a download of keys ended: without an error of ours, or with one. */
export type Landed = object | null

export async function drive(engine: Engine, host: Host): Promise<object> {
  let event: Event = START
  let thrown: unknown
  const hostAnswer = (answer: Promise<Event>, ms: number, failed = HOST_FAILED) =>
    within(ms, host.signal, answer.catch((error: unknown) => ((thrown = error), failed)))
  for (;;) {
    const { event: name, signature, body, ...members } = event as Flat
    const given = signature ?? body ?? NOTHING
    const { emits, action } = engine.step(name, JSON.stringify(members), given, host.clock(), performance.now())
    for (const emit of emits) void observe(host, emit)
    switch (action.action) {
      case 'sign':
        event = await hostAnswer(
          host.sign(action.message, action.entropy).then((signature) => ({ event: 'signed', signature: bytes(signature) })),
          action.timeout_ms
        )
        break
      case 'verify':
        event = await hostAnswer(
          host.verify(action.spki_der, action.message, action.signature).then((ok) => ({ event: 'verified', ok })),
          action.timeout_ms
        )
        break
      case 'send':
        event = await send(action, host)
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
function within(ms: number, signal: AbortSignal | undefined, answer: Promise<Event>, late = TIMED_OUT): Promise<Event> {
  return new Promise((resolve) => {
    const abort = () => settle(CANCEL)
    const timer = setTimeout(() => settle(late), ms)
    function settle(event: Event): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      resolve(event)
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    void answer.then(settle)
  })
}

/** An observer must not change what it observes: what it throws is left aside. */
async function observe(host: Host, emit: Attempt): Promise<void> {
  try {
    await host.onAttempt(emit)
  } catch {}
}

/** A signer of the caller's may give anything; what is no bytes is for the engine to refuse. */
function bytes(given: unknown): Uint8Array {
  if (given instanceof Uint8Array) return given
  return given instanceof ArrayBuffer ? new Uint8Array(given) : NOTHING
}

async function send(action: Extract<Action, { action: 'send' }>, host: Host): Promise<Event> {
  const aborter = new AbortController()
  const event = await within(action.timeout_ms, host.signal, exchange(action, host, aborter.signal), LATE)
  // An abort makes an exception with its stack, for nothing if the answer was read.
  if (event.event !== 'response') aborter.abort()
  return event
}

async function exchange(action: Extract<Action, { action: 'send' }>, host: Host, signal: AbortSignal): Promise<Event> {
  const { method, url, headers, body, max_body } = action
  // Called without a receiver, as some hosts insist.
  const { fetch } = host
  let response: Response
  try {
    // workerd lacks `redirect: 'error'`; the engine refuses what comes back.
    response = await fetch(url, { method, headers, body, redirect: 'manual', signal })
  } catch (error) {
    return { event: 'failed', ...failure(error) }
  }
  try {
    const { bytes, truncated } = await read(response, max_body)
    return { event: 'response', status: response.status, headers: [...response.headers], body: bytes, truncated }
  } catch {
    return { event: 'failed', sent: 'unknown', cause: 'body' }
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
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return { bytes: bytes.subarray(0, max), truncated }
}

/** The codes under which `fetch` tells that a request was surely not sent; of all else it cannot be known. */
const NOT_SENT = {
  ECONNREFUSED: 'connect',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'timeout'
} as const

function failure(error: unknown): { sent: 'no' | 'unknown'; cause: 'dns' | 'connect' | 'timeout' | 'reset' | 'other' } {
  const { sent, cause, code: own } = (error ?? {}) as { sent?: unknown; cause?: { code?: unknown }; code?: unknown }
  // Bun names the code on the error itself, Node.js on its cause.
  const code = String(cause?.code ?? own)
  if (Object.hasOwn(NOT_SENT, code)) return { sent: 'no', cause: NOT_SENT[code as keyof typeof NOT_SENT] }
  const known = code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' ? 'reset' : 'other'
  return { sent: sent === false ? 'no' : 'unknown', cause: known }
}
