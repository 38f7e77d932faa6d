/** The face over the native addon; over WebAssembly where no addon fits the platform. */
import { channel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { debuglog } from 'node:util'
import { type Send, sendBy } from '../../bindings-wasm/face/src/driver.js'
import type { Step } from '../../bindings-wasm/face/src/generated_engine.js'
import type { Native, Observed, Shared } from '../../bindings-wasm/face/src/native.js'
import { bind } from '../../bindings-wasm/face/src/native.js'
import type { Glue } from '../../bindings-wasm/face/src/wasm.js'
import { webCrypto } from '../../bindings-wasm/face/src/webcrypto.js'
import * as glue from '../../bindings-wasm/pkg/core/wechatpay_customs_wasm.js'
import { send } from './http.js'

/** As in `bindings-node/src`: steps are JSON. */
interface AddonEngine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): string | Promise<string | null>
  readonly timeoutMs: number
}

interface Addon extends Pick<Native, 'Shared' | 'call'> {
  Engine: new (shared: Shared, json: string, optionsJson: string, observed: boolean) => AddonEngine
}

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

const hosts = {
  /** By the modules beneath, unless somebody has put another `fetch` in the place of Node.js's; Bun's is as fast as they are. */
  send(request: Send) {
    return globalThis.fetch === own && versions.bun === undefined ? send(request) : sendBy(fetch)(request)
  },
  observer: () => (attempts.hasSubscribers || debug.enabled ? observe : undefined)
}

function native({ Shared, Engine, call }: Addon): Native {
  return {
    backend: 'native',
    Shared,
    call,
    engine(shared, json, optionsJson, observed) {
      const engine = new Engine(shared, json, optionsJson, observed)
      return {
        step(event, members, bytes, unixMs, monoMs) {
          const told = engine.step(event, members, bytes, unixMs, monoMs)
          return typeof told === 'string' ? read(told) : { computed: told.then(read), timeout_ms: engine.timeoutMs }
        }
      }
    },
    ...hosts
  }
}

/** Nothing where nobody waits any more. */
function read(told: string | null): Step {
  const step = JSON.parse(told!) as Step
  // JSON has bytes as a list.
  if (step?.action.action === 'sign') step.action.message = Uint8Array.from(step.action.message)
  return step
}

bind({
  load() {
    const found = addon()
    if (found !== undefined) return native(found)
    debug('WebAssembly takes the place of the addon')
    const core: Glue = glue
    core.initSync({ module: readFileSync(join(__dirname, 'wechatpay_customs_wasm_bg.wasm')) })
    return { ...webCrypto(core), ...hosts }
  }
})

export * from '../../bindings-wasm/face/src/public.js'
export { default } from '../../bindings-wasm/face/src/index.js'
