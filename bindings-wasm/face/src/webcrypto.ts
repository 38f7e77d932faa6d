/** Signs and verifies with the host's WebCrypto; in software where that is asked for by name. */
import type { Native, Shared } from './native.js'

interface WasmShared extends Shared {
  readonly software: boolean
  privateKeyDer(): Uint8Array | undefined
  sign(message: Uint8Array, entropy: Uint8Array): Uint8Array
  verify(spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

type Module = Omit<Native<WasmShared>, 'sign' | 'verify'>

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const keys = new WeakMap<WasmShared, Promise<CryptoKey>>()

export function webCrypto({ Shared, Engine, call }: Module): Native<WasmShared> {
  return {
    Shared,
    Engine,
    call,
    async sign(shared, message, entropy) {
      if (entropy !== null) return shared.sign(message, entropy)
      let key = keys.get(shared)
      if (key === undefined) keys.set(shared, (key = importPrivateKey(shared)))
      return new Uint8Array(await crypto.subtle.sign(RSA.name, await key, message as BufferSource))
    },
    async verify(shared, spkiDer, message, signature) {
      if (shared.software) return shared.verify(spkiDer, message, signature)
      const key = await crypto.subtle.importKey('spki', spkiDer as BufferSource, RSA, false, ['verify'])
      return crypto.subtle.verify(RSA.name, key, signature as BufferSource, message as BufferSource)
    }
  }
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
