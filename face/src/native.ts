/** The parts that a package must provide: the compiled core, and signing and verifying. The face is the same for all. */

import type { Sending } from './driver.js'
import { refused } from './errors.js'
import type { Attempt, Finding } from './generated.js'
import type { Action, Step } from './generated_engine.js'

/** The kind of core that signs, verifies and reads: a native addon, or WebAssembly. */
export type Backend = 'native' | 'wasm'

/** An observation of an attempt, with the kind of core that carries it out. */
export interface Observed extends Attempt {
  backend: Backend
}

/** The state that all calls of one client share. The core throws its errors as JSON text; see `asked`. */
export interface Account {
  requireSigning(): void
  /** Returns JSON text. */
  call(name: string, json: string): string
  /** Does the same off the event loop, if the core can: a promise of the JSON text of `{ value }` or `{ error }`. */
  callApart?(name: string, json: string): Promise<string>
  /** Frees its memory at once, if the host would do so late. */
  free?(): void
}

/** A step that the core computes on its own threads. */
export interface Computed {
  computed: Promise<Step>
  /** The longest that the step may take. */
  timeout_ms: number
}

/**
 * One call as a state machine: takes an event's name, its other members as JSON, its bytes, and the time. A step that is
 * being computed can be cancelled by the next one.
 */
export interface Engine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): Step | Computed
  /** Frees its memory at once, if the host would do so late. */
  free?(): void
}

export interface Native<S extends Account = Account> {
  backend: Backend
  Account: new (json: string, ownSigner: boolean, browser: boolean) => S
  /** Makes the engine for one call; call and options are JSON. A core may omit observations unless `observed`. */
  engine(account: S, json: string, optionsJson: string, observed: boolean): Engine
  /** Returns JSON text. */
  call(name: string, json: string): string
  /** Missing if the engine signs and verifies by itself. */
  sign?(account: S, message: Uint8Array, entropy: Uint8Array | null): Promise<Uint8Array>
  verify?(account: S, spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** Sends, if the host has better means than `fetch`. */
  send?: Sending
  /** Makes what sends over connections with these options, if the host can; throws `INVALID_OPTION` for others. */
  sendOver?(proxy: unknown, caCertificates: unknown): Sending
  /** Takes the warnings of a call that succeeded. */
  warn?(operation: string, warnings: Finding[]): void
  /** The observer of all clients' attempts by the host's own means, if anybody observes now. */
  observer?(): ((attempt: Observed, thrown: unknown) => void) | undefined
}

/** Reads a step from the core's text; see `readAction`. */
export function readStep(told: string): Step {
  const step = JSON.parse(told) as Step
  bytesOf(step.action)
  return step
}

/**
 * Reads an action from the core's JSON, with which an answer's members are its own whatever their names; bytes are lists
 * in it.
 */
export function readAction(told: string): Action {
  const action = JSON.parse(told) as Action
  bytesOf(action)
  return action
}

function bytesOf(action: Action): void {
  const members = action as unknown as Record<string, unknown>
  for (const name of ['message', 'entropy', 'spki_der', 'signature']) {
    const list = members[name]
    if (Array.isArray(list)) members[name] = Uint8Array.from(list)
  }
}

/** The source of the core, and the traits of the host. */
export interface Binding {
  /** Loads at once; missing if loading takes waiting. */
  load?: () => Native<any>
  /** Loads the source that `init` was given. */
  fetch?: (source: unknown) => Native<any> | Promise<Native<any>>
  /** Is a request forbidden to wait for work that another has started? */
  isolated?: boolean
  /** The host's WebCrypto, unless it is the global one. */
  crypto?: object
  /** Is this a web page, whose keys anyone who opens it could read? */
  browser?: boolean
}

export function notLoaded(message: string): Error {
  return refused('state', 'NOT_LOADED', message)
}

let binding: Binding = {}
let loaded: Native<any> | undefined

/** Sets the core to use; a failed load is tried again. */
export function bind(to: Binding): void {
  binding = to
}

export function host(): Binding {
  return binding
}

export function native(): Native<any> {
  if (loaded === undefined) {
    if (binding.load === undefined) throw notLoaded('wechatpay-customs is not loaded yet: call `await init()` first')
    loaded = binding.load()
  }
  return loaded
}

/**
 * Loads the core. Needed only where loading takes waiting: in browsers, on unknown hosts, and with
 * `wechatpay-customs-wasm/slim`. Calling it again does nothing. A failed load can be tried again.
 *
 * @param source The module, unless it is the package's own: a `WebAssembly.Module`, which is loaded at
 * once, before this returns; its bytes; its URL, as `URL` or text; or a `Response`, or a promise of one.
 */
export async function init(source?: object | string): Promise<void> {
  if (loaded !== undefined) return
  if (binding.fetch === undefined || (source === undefined && binding.load !== undefined)) {
    native()
    return
  }
  const begun = binding.fetch(source)
  loaded = begun instanceof Promise ? await begun : begun
}
