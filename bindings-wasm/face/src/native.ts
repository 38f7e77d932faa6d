/** What a package must bring: the compiled core, and who signs and verifies. The face is the same for all. */

/** One observation of an attempt: operation, host, status, request id, milliseconds; never a secret. */
export interface Attempt {
  phase: 'request' | 'response' | 'failure'
  operation: string
  attempt: number
  host: string
  status: number | null
  request_id: string | null
  ms: number
  reason: string | null
  may_have_been_applied: boolean
}

export type Outcome =
  | { end: 'ok'; with: { value: object; request_id: string | null; warnings: unknown[] } }
  | { end: 'prepared'; with: { request: object; warnings: unknown[] } }
  | { end: 'err'; with: object }
  | { end: 'host' }
  | { end: 'cancelled'; with: { may_have_been_applied: boolean } }

export type Action =
  | { action: 'sign'; message: Uint8Array; entropy: Uint8Array | null; timeout_ms: number }
  | {
      action: 'send'
      method: string
      url: string
      headers: [string, string][]
      body: string | null
      timeout_ms: number
      max_body: number
    }
  | { action: 'verify'; key_id: string; spki_der: Uint8Array; message: Uint8Array; signature: Uint8Array; timeout_ms: number }
  | { action: 'sleep'; ms: number }
  | { action: 'load_keys'; flight: number; urgent: boolean; timeout_ms: number }
  | { action: 'done'; outcome: Outcome }

export type Event =
  | { event: 'start' | 'host_failed' | 'timed_out' | 'woke' | 'keys_ready' | 'cancel' }
  | { event: 'signed'; bytes: Uint8Array }
  | { event: 'response'; status: number; headers: [string, string][]; bytes: Uint8Array; truncated: boolean }
  | { event: 'failed'; sent: 'no' | 'unknown'; cause: 'dns' | 'connect' | 'tls' | 'timeout' | 'reset' | 'body' | 'other' }
  | { event: 'verified'; ok: boolean }
  | { event: 'keys_failed'; error: object | null }

/** What all calls of one client share. */
export interface Shared {
  requireSigning(): void
  call(name: string, json: string): unknown
}

/** One call as a state machine: takes an event's name, its other members as JSON, its bytes, and the time. */
export interface Engine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): { emits: Attempt[]; action: Action }
}

export interface Native<S extends Shared = Shared> {
  Shared: new (json: string, ownSigner: boolean) => S
  Engine: new (shared: S, json: string, optionsJson: string, seed: Uint8Array) => Engine
  call(name: string, json: string): unknown
  sign(shared: S, message: Uint8Array, entropy: Uint8Array | null): Promise<Uint8Array>
  verify(shared: S, spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

let load: (() => Native<any>) | undefined
let loaded: Native<any> | undefined

/** Names the core to be used; it is loaded on first use, and a load that failed is tried again. */
export function bind(loader: () => Native<any>): void {
  load = loader
}

export function native(): Native<any> {
  if (loaded === undefined) {
    if (load === undefined) throw new Error('wechatpay-customs was not loaded through an entry of its package')
    loaded = load()
  }
  return loaded
}

/** Loads the core. Needed only where that cannot be done on first use, which is nowhere yet; calling it again does nothing. */
export async function init(): Promise<void> {
  native()
}
