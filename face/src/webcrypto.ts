/** Signs and verifies with the host's WebCrypto; in software if the options ask for that. */
import { asked } from './errors.js'
import type { Attempt } from './generated.js'
import type { Native, Account } from './native.js'
import { host, readAction } from './native.js'
import { tag } from './plain.js'

interface WasmAccount extends Account {
  readonly software: boolean
  privateKeyDer(): Uint8Array | undefined
  sign(message: Uint8Array, entropy: Uint8Array): Uint8Array
  verify(spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export interface Module extends Pick<Native<WasmAccount>, 'Account' | 'call'> {
  Engine: new (account: WasmAccount, json: string, optionsJson: string, seed: Uint8Array) => {
    /** Returns the next action as JSON text. */
    step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): string
    /** Takes the observations of the last step. */
    emits(): Attempt[]
    free(): void
  }
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** Imported keys, each with the DER that it came from; null for the private key. Only finished imports are kept, because an
 * isolate must not wait for another request's promise. */
const keys = new WeakMap<WasmAccount, [der: Uint8Array | null, key: CryptoKey][]>()
/** A merchant has its own key and two platform keys, or a few more while they are replaced. */
const MOST_KEYS = 8

/** The part of a `CryptoKey` on which the types of all hosts agree. */
export interface HeldKey {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** Describes a `CryptoKey` to the core, which judges it and never sees it; `undefined` for anything else. */
export function described(key: unknown): object | undefined {
  if (tag(key) !== 'CryptoKey') return undefined
  try {
    const { type, usages, algorithm } = key as CryptoKey
    const { name, hash, modulusLength } = algorithm as RsaHashedKeyAlgorithm
    return { $type: 'CryptoKey', type, algorithm: name, hash: hash?.name, modulus_length: modulusLength, usages: [...usages] }
  } catch {
    return undefined
  }
}

const web = () => (host().crypto ?? crypto) as Crypto

export async function signWith(key: HeldKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await web().subtle.sign(RSA.name, key as CryptoKey, message as BufferSource))
}

export function webCrypto({ Account, Engine, call }: Module): Native<WasmAccount> {
  return {
    backend: 'wasm',
    Account,
    call,
    engine(account, json, optionsJson, observed) {
      const engine = new Engine(account, json, optionsJson, web().getRandomValues(new Uint8Array(32)))
      return {
        step(...event) {
          const action = readAction(engine.step(...event))
          return { emits: observed ? engine.emits() : [], action }
        },
        free: () => engine.free()
      }
    },
    async sign(account, message, entropy) {
      if (entropy !== null) return asked(() => account.sign(message, entropy))
      const key = await once(account, null, () => importPrivateKey(account))
      return signWith(key, message)
    },
    async verify(account, spkiDer, message, signature) {
      if (account.software) return account.verify(spkiDer, message, signature)
      const key = await once(account, spkiDer, () =>
        web().subtle.importKey('spki', spkiDer as BufferSource, RSA, false, ['verify'])
      )
      return web().subtle.verify(RSA.name, key, signature as BufferSource, message as BufferSource)
    }
  }
}

async function once(account: WasmAccount, der: Uint8Array | null, load: () => Promise<CryptoKey>): Promise<CryptoKey> {
  let known = keys.get(account)
  if (known === undefined) keys.set(account, (known = []))
  for (const [from, key] of known) if (same(from, der)) return key
  const key = await load()
  if (known.length >= MOST_KEYS) known.length = 0
  known.push([der, key])
  return key
}

function same(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === null || other === null) return one === other
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

async function importPrivateKey(account: WasmAccount): Promise<CryptoKey> {
  const der = account.privateKeyDer()
  if (der === undefined) throw new Error('there is no private key')
  try {
    return await web().subtle.importKey('pkcs8', der as BufferSource, RSA, false, ['sign'])
  } finally {
    der.fill(0)
  }
}
