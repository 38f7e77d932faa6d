/** What a package must bring: the compiled core, and who signs and verifies. The face is the same for all. */

import type { Step } from './generated_engine.js'

/** What all calls of one client share. */
export interface Shared {
  requireSigning(): void
  call(name: string, json: string): unknown
}

/** One call as a state machine: takes an event's name, its other members as JSON, its bytes, and the time. */
export interface Engine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): Step
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
