/** Carries out an engine's actions: signs, verifies, and sends with `fetch`. It decides nothing. */
import { raised } from './errors.js'
import type { Attempt } from './generated.js'
import type { Action, Event, Outcome } from './generated_engine.js'
import type { Engine } from './native.js'
import { asBytes } from './plain.js'

export type Send = Extract<Action, { action: 'send' }>

/** An event, with the exception if it is a failure: the caller gets that, the core does not. */
export type Told = Event & { thrown?: unknown }

/** A request under way. */
export interface Exchange {
  /** Never rejects. */
  answer: Promise<Told>
  /** Aborts the request. */
  stop(): void
  /** Is it certain that nothing was sent yet? Missing if that cannot be known. */
  unsent?(): boolean
}

export type Sending = (request: Send) => Exchange

/** The functions that the caller's side provides. */
export interface Host {
  /** Missing if the engine signs and verifies by itself. */
  sign: ((message: Uint8Array, entropy: Uint8Array | null) => Promise<Uint8Array>) | undefined
  verify: ((spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array) => Promise<boolean>) | undefined
  /** Waits for a download of keys, and starts it unless it is under way; rejects with an exception of the caller's signer. */
  loadKeys(flight: number): Promise<Landed>
  send: Sending
  /** Reports an attempt; `thrown` is the exception of the last exchange, if it failed. */
  observe(attempt: Attempt, thrown: unknown): void
  /** Tells the caller of a run what it would give now. */
  progress(reached: unknown): void
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
const LATE: Told = { event: 'failed', sent: 'unknown', cause: 'timeout' }
const NOTHING = new Uint8Array()

/** The result of a download of keys: null, or an error of ours. */
export type Landed = { code: string; cause?: unknown } | null

export async function drive(engine: Engine, host: Host): Promise<object> {
  let event: Told = START
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
    for (const emit of emits) host.observe(emit, event.thrown)
    switch (action.action) {
      case 'sign':
        event = await hostAnswer(
          // The caller's signer may return anything; the engine refuses the empty bytes that replace any other type.
          host.sign!(action.message, action.entropy).then((signed) => ({ event: 'signed', signature: asBytes(signed) ?? NOTHING })),
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
        if (action.progress !== null) host.progress(action.progress)
        event = await within(action.ms, host.signal, new Promise(() => {}), { event: 'woke' })
        break
      case 'load_keys':
        event = await hostAnswer(
          host.loadKeys(action.flight).then((error): Told => {
            if (error === null) return KEYS_READY
            return { event: 'keys_failed', error: { code: error.code }, thrown: error.cause }
          }),
          action.timeout_ms,
          KEYS_FAILED
        )
        break
      case 'done':
        return ended(action.outcome, host.signal, thrown, event.thrown)
    }
  }
}

/** Splits an event into its members, without its name, and its bytes. */
function parts({ thrown: _, ...event }: Told): [members: object, bytes: Uint8Array] {
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

function ended(outcome: Outcome, signal: AbortSignal | undefined, thrown: unknown, cause: unknown): object {
  switch (outcome.end) {
    case 'ok': {
      const { value, request_id, warnings, attempts } = outcome.with
      return Object.assign(value, { request_id, warnings, attempts })
    }
    case 'plain':
      return outcome.with.value as object
    case 'prepared': {
      const { request, warnings } = outcome.with
      return Object.assign(request, { warnings })
    }
    case 'err':
      throw raised({ ...outcome.with }, cause)
    case 'host':
      throw thrown
    case 'cancelled':
      throw signal?.reason
  }
}

/** The answer, unless the time is up or the caller gives up first. */
function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  answer: Promise<T>,
  late: Told = TIMED_OUT
): Promise<T | Told> {
  return new Promise((resolve) => {
    const unheard = onAbort(signal, () => settle(CANCEL))
    const timer = setTimeout(() => settle(late), ms)
    function settle(answer: T | Told | Promise<never>): void {
      clearTimeout(timer)
      unheard()
      resolve(answer)
    }
    if (signal?.aborted) settle(CANCEL)
    void answer.then(settle, (error) => settle(Promise.reject(error)))
  })
}

/** The callbacks that wait for each signal: they share one listener, because hosts warn of many. */
const waiting = new WeakMap<AbortSignal, { all: Set<() => void>; abort: () => void }>()

/** Listens to a signal until the returned function is called. */
function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {}
  let known = waiting.get(signal)
  if (known === undefined) {
    const all = new Set<() => void>()
    waiting.set(signal, (known = { all, abort: () => all.forEach((act) => act()) }))
  }
  const { all, abort } = known
  if (all.size === 0) signal.addEventListener('abort', abort)
  all.add(act)
  return () => {
    all.delete(act)
    if (all.size === 0) signal.removeEventListener('abort', abort)
  }
}

async function send({ answer, stop, unsent }: Exchange, ms: number, signal: AbortSignal | undefined): Promise<Told> {
  const event = await within(ms, signal, answer, LATE)
  // Does not abort if the answer was read, because that would make an exception and its stack for nothing.
  if (event.event === 'response') return event
  const never = event === LATE && unsent?.() === true
  stop()
  return never ? failed('no', 'timeout', undefined) : event
}

/**
 * Deno sends a request again by itself if a connection that it has reused ends, also one that must not be repeated; so a
 * connection is not used twice there.
 */
function options(): RequestInit {
  const { Deno } = globalThis as { Deno?: { createHttpClient?(options: object): unknown } }
  return { client: Deno?.createHttpClient?.({ poolMaxIdlePerHost: 0 }) } as RequestInit
}
let ofHost: RequestInit | undefined

export function sendBy(fetch: typeof globalThis.fetch): Sending {
  return (request) => {
    const aborter = new AbortController()
    return { answer: exchange(request, fetch, aborter.signal), stop: () => aborter.abort() }
  }
}

/** Sends with `fetch`, called without a receiver because some hosts insist on that. */
async function exchange(request: Send, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<Told> {
  const { method, url, headers, body, max_body } = request
  let response: Response
  try {
    // workerd lacks `redirect: 'error'`; the engine refuses what comes back.
    response = await fetch(url, { method, headers, body, redirect: 'manual', signal, ...(ofHost ??= options()) })
    if (typeof response?.status !== 'number' || typeof response.headers?.[Symbol.iterator] !== 'function') {
      throw new TypeError('`fetch` gave no Response')
    }
  } catch (error) {
    return failure(error)
  }
  try {
    const { bytes, truncated } = await read(response, max_body)
    return { event: 'response', status: response.status, headers: [...response.headers], body: bytes, truncated }
  } catch (error) {
    return brokenOff(error)
  }
}

async function read(response: Response, max: number): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const chunks: Uint8Array[] = []
  let length = 0
  const source = body(response)
  while (length <= max) {
    const { done, value } = await source.next()
    if (done) break
    const chunk = asBytes(value)
    if (chunk === undefined) throw new TypeError('the body of the Response is not bytes')
    chunks.push(chunk)
    length += chunk.length
  }
  const truncated = length > max
  if (truncated) void source.stop?.().catch(() => {})
  return { bytes: joined(chunks, length).subarray(0, max), truncated }
}

interface Body {
  next(): Promise<{ done?: boolean; value?: unknown }>
  stop?(): Promise<unknown>
}

/** The body as the host's `fetch` gives it, as a stream of Node.js's (`node-fetch`), or whole (`whatwg-fetch`). */
function body(response: Response): Body {
  const { body } = response
  if (body === null) return { next: async () => ({ done: true }) }
  if (typeof body?.getReader === 'function') {
    const reader = body.getReader()
    return { next: () => reader.read(), stop: () => reader.cancel() }
  }
  const iterator = (body as unknown as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator]?.()
  if (iterator !== undefined) return { next: () => iterator.next(), stop: async () => iterator.return?.() }
  let whole: Promise<ArrayBuffer> | undefined
  return { next: async () => (whole === undefined ? { value: await (whole = response.arrayBuffer()) } : { done: true }) }
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

type Failed = Extract<Event, { event: 'failed' }>
type Cause = Failed['cause']

/** The codes by which `fetch` and Node.js say that a request was certainly not sent; with any other it cannot be known. */
const NOT_SENT: Record<string, Cause> = {
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'timeout'
}
/** The codes of certificate errors; certificates are checked before anything is sent. */
export const CERTIFICATE = /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_)|_SIGNED_CERT/
/** The codes of failures that may come before or after sending. */
const UNKNOWN: [codes: RegExp, Cause][] = [
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'reset'],
  [/^(EPROTO$|ERR_SSL_)/, 'tls']
]

interface Described {
  sent?: unknown
  code?: unknown
  syscall?: unknown
  message?: unknown
  cause?: unknown
}

/** The event for an exchange that threw an exception. */
export function failure(thrown: unknown): Told {
  // Bun puts on the error itself what Node.js puts on its cause.
  const { sent, code: own, syscall: at, cause } = Object(thrown) as Described
  const { code = own, syscall = at, message } = Object(cause) as Described
  const why = unsent(String(code), String(syscall), String(message))
  const known = why ?? UNKNOWN.find(([codes]) => codes.test(String(code)))?.[1] ?? 'other'
  return failed(why !== undefined || sent === false ? 'no' : 'unknown', known, thrown)
}

/** The cause, if the error proves that the request was not sent. */
function unsent(code: string, syscall: string, message: string): Cause | undefined {
  // A host can also become unreachable while its answer is awaited.
  if (Object.hasOwn(NOT_SENT, code)) return /^(read|write)/.test(syscall) ? undefined : NOT_SENT[code]
  if (CERTIFICATE.test(code)) return 'certificate'
  // Deno does not have codes; hyper, which it uses, marks failures before a connection in this way.
  const [, deno] = /client error \(Connect\): (.*)/.exec(message) ?? []
  if (deno === undefined) return undefined
  return /^dns/.test(deno) ? 'dns' : /certificate/.test(deno) ? 'certificate' : /tls|corrupt message/.test(deno) ? 'tls' : 'connect'
}

export function brokenOff(thrown: unknown): Told {
  return failed('unknown', 'body', thrown)
}

export function failed(sent: Failed['sent'], cause: Cause, thrown: unknown): Told {
  // Errors of HTTP parsers keep the bytes that were read, which may quote the request.
  for (const error of [thrown, Object(thrown).cause]) {
    for (const name of ['rawPacket', 'data']) if (/^HPE_/.test(Object(error).code)) Reflect.deleteProperty(error, name)
  }
  return { event: 'failed', sent, cause, thrown }
}
