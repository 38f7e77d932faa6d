/** What a package must bring: the compiled core, and who signs and verifies. The face is the same for all. */

import type { Sending } from './driver.js'
import { refused } from './errors.js'
import type { Attempt, Finding } from './generated.js'
import type { Action, Step } from './generated_engine.js'

/** What signs, verifies and reads: a native addon, or WebAssembly. */
export type Backend = 'native' | 'wasm'

/** What is observed of an attempt, and by what it is carried out. */
export interface Observed extends Attempt {
  backend: Backend
}

/** What all calls of one client share. What goes wrong in the core is thrown as JSON text; see `asked`. */
export interface Account {
  requireSigning(): void
  /** Gives JSON text. */
  call(name: string, json: string): string
  /** The same beside the event loop, where a core can do so: a promise of the JSON text of `{ value }` or `{ error }`. */
  callApart?(name: string, json: string): Promise<string>
  /** Gives its memory back at once, where a host would do so late. */
  free?(): void
}

/** A step that the core takes on threads of its own. */
export interface Computed {
  computed: Promise<Step>
  /** The longest that it may take. */
  timeout_ms: number
}

/**
 * One call as a state machine: takes an event's name, its other members as JSON, its bytes, and the time. A step that is
 * being computed can be cancelled by the next one.
 */
export interface Engine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): Step | Computed
  /** Gives its memory back at once, where a host would do so late. */
  free?(): void
}

export interface Native<S extends Account = Account> {
  backend: Backend
  Account: new (json: string, ownSigner: boolean, browser: boolean) => S
  /** One call, as its options in JSON; a core may leave its observations out unless it is observed. */
  engine(account: S, json: string, optionsJson: string, observed: boolean): Engine
  /** Gives JSON text. */
  call(name: string, json: string): string
  /** Missing where the engine signs and verifies by itself. */
  sign?(account: S, message: Uint8Array, entropy: Uint8Array | null): Promise<Uint8Array>
  verify?(account: S, spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
  /** Sends where the host has better means than `fetch`. */
  send?: Sending
  /** Who hears what is odd about a call that went through. */
  warn?(operation: string, warnings: Finding[]): void
  /** Who sees every attempt of every client by the host's own ways, if anybody does now. */
  observer?(): ((attempt: Observed, thrown: unknown) => void) | undefined
}

/** A step as the core tells it; see `readAction`. */
export function readStep(told: string): Step {
  const step = JSON.parse(told) as Step
  bytesOf(step.action)
  return step
}

/**
 * An action as the core tells it: JSON, so that members of an answer are its own, whatever they are called; bytes are lists
 * there.
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

/** Where the core comes from, and what the host is like. */
export interface Binding {
  /** Loads at once; missing where that takes waiting. */
  load?: () => Native<any>
  /** Loads what `init` was given. */
  fetch?: (source: unknown) => Native<any> | Promise<Native<any>>
  /** Must a request not wait for what another has begun? */
  isolated?: boolean
  /** The host's WebCrypto, unless it is the global one. */
  crypto?: object
  /** Could whoever opens the page read its keys? */
  browser?: boolean
}

export function notLoaded(message: string): Error {
  return refused('state', 'NOT_LOADED', message)
}

let binding: Binding = {}
let loaded: Native<any> | undefined

/** Names the core to be used; a load that failed is tried again. */
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
 * Loads the core. Needed only where that takes waiting, which is in browsers, on hosts that are not known, and with
 * `wechatpay-customs-wasm/slim`; calling it again does nothing. A load that failed can be tried again.
 *
 * @param source Where the module comes from, unless it is the package's own: a `WebAssembly.Module`, which is loaded at
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
