/** The face over the native addon; over WebAssembly where no addon fits the platform. */
import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { debuglog } from 'node:util'
import type { Native, Observed, Shared } from '../../bindings-wasm/face/src/native.js'
import { bind } from '../../bindings-wasm/face/src/native.js'
import type { Glue } from '../../bindings-wasm/face/src/wasm.js'
import { webCrypto } from '../../bindings-wasm/face/src/webcrypto.js'
import * as glue from '../../bindings-wasm/pkg/core/wechatpay_customs_wasm.js'
import { type Init, send } from './http.js'

interface AddonShared extends Shared {
  sign(message: Uint8Array, entropy?: Uint8Array): Promise<Uint8Array>
  verify(spkiDer: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

type Addon = Pick<Native<AddonShared>, 'Shared' | 'Engine' | 'call'>

const debug = debuglog('wechatpay-customs')
const attempts = channel('wechatpay-customs:attempt')

function observe(attempt: Observed): void {
  if (attempts.hasSubscribers) attempts.publish(attempt)
  if (debug.enabled) {
    const { operation, attempt: number, phase, host, status, request_id, ms, reason, backend } = attempt
    debug('%s, attempt %d: %s %s %s %s %d ms%s (%s)', operation, number, phase, host, status, request_id, ms, reason ? ` ${reason}` : '', backend)
  }
}

/** The addon for this platform: as it was built here, or as npm installed it. */
function addon(): Addon | undefined {
  // Of Linux there are two; the one that does not fit is not installed, or does not load.
  const suffixes = process.platform === 'linux' ? ['-gnu', '-musl'] : ['']
  for (const suffix of suffixes) {
    const name = `${process.platform}-${process.arch}${suffix}`
    for (const path of [`./wechatpay-customs.${name}.node`, `wechatpay-customs-${name}`]) {
      try {
        return require(path) as Addon
      } catch (error) {
        debug('no addon %s: %s', path, (error as Error).message.split('\n')[0])
      }
    }
  }
  return undefined
}

const { fetch: own, process: { versions } } = globalThis

/** By the modules beneath, unless somebody has put another `fetch` in the place of Node.js's; Bun's is as fast as they are. */
const sending = {
  fetch(url: string, init: Init): Promise<object> {
    return globalThis.fetch === own && versions.bun === undefined ? send(url, init) : fetch(url, init)
  }
} as unknown as { fetch: typeof fetch }

function native({ Shared, Engine, call }: Addon): Native<AddonShared> {
  return {
    backend: 'native',
    Shared,
    Engine,
    call,
    sign: async (shared, message, entropy) => shared.sign(message, entropy ?? undefined),
    verify: async (shared, spkiDer, message, signature) => shared.verify(spkiDer, message, signature),
    ...sending,
    observe
  }
}

bind({
  load() {
    const found = addon()
    if (found !== undefined) return native(found)
    debug('WebAssembly takes the place of the addon')
    const core: Glue = glue
    core.initSync({ module: readFileSync(join(__dirname, 'wechatpay_customs_wasm_bg.wasm')) })
    return { ...webCrypto(core), ...sending, observe }
  }
})

export * from '../../bindings-wasm/face/src/public.js'
export { default } from '../../bindings-wasm/face/src/index.js'
