/** Signs and verifies with the host's WebCrypto; in software where that is asked for by name. */
import type { Native, Shared } from './native.js'
import { tag } from './plain.js'

interface WasmShared extends Shared {
  readonly software: boolean
  privateKeyDer(): Uint8Array | undefined
  sign(message: Uint8Array, entropy: Uint8Array): Uint8Array
  verify(spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

export type Module = Omit<Native<WasmShared>, 'sign' | 'verify'>

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** Imported keys. Only finished imports are kept: an isolate must not wait for a promise of another request's. */
const keys = new WeakMap<WasmShared, Map<string, CryptoKey>>()
/** A merchant has a key of its own and two platform keys, or a few more while they are exchanged. */
const MOST_KEYS = 8

/** A `CryptoKey` as the types of every host agree on it. */
export interface HeldKey {
  readonly type: string
  readonly extractable: boolean
  readonly algorithm: { readonly name: string }
  readonly usages: readonly string[]
}

/** What the core is told of a `CryptoKey`, which it judges and never sees; nothing of anything else. */
export function described(key: unknown): object | undefined {
  if (tag(key) !== 'CryptoKey') return undefined
  const { type, usages, algorithm } = key as CryptoKey
  const { name, hash, modulusLength } = algorithm as RsaHashedKeyAlgorithm
  return { $type: 'CryptoKey', type, algorithm: name, hash: hash?.name, modulus_length: modulusLength, usages: [...usages] }
}

export async function signWith(key: HeldKey, message: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(RSA.name, key as CryptoKey, message as BufferSource))
}

export function webCrypto({ Shared, Engine, call }: Module): Native<WasmShared> {
  return {
    Shared,
    Engine,
    call,
    async sign(shared, message, entropy) {
      if (entropy !== null) return shared.sign(message, entropy)
      const key = await once(shared, 'private', () => importPrivateKey(shared))
      return signWith(key, message)
    },
    async verify(shared, spkiDer, message, signature) {
      if (shared.software) return shared.verify(spkiDer, message, signature)
      const key = await once(shared, String.fromCharCode(...spkiDer), () =>
        crypto.subtle.importKey('spki', spkiDer as BufferSource, RSA, false, ['verify'])
      )
      return crypto.subtle.verify(RSA.name, key, signature as BufferSource, message as BufferSource)
    }
  }
}

async function once(shared: WasmShared, name: string, load: () => Promise<CryptoKey>): Promise<CryptoKey> {
  const known = keys.get(shared) ?? new Map<string, CryptoKey>()
  keys.set(shared, known)
  const found = known.get(name)
  if (found !== undefined) return found
  const key = await load()
  if (known.size >= MOST_KEYS) known.clear()
  known.set(name, key)
  return key
}

async function importPrivateKey(shared: WasmShared): Promise<CryptoKey> {
  const der = shared.privateKeyDer()
  if (der === undefined) throw new Error('there is no private key')
  try {
    return await crypto.subtle.importKey('pkcs8', der as BufferSource, RSA, false, ['sign'])
  } finally {
    der.fill(0)
  }
}
