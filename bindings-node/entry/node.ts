/** The face over the native addon, or over WebAssembly if no addon fits the platform. */
import { channel } from 'node:diagnostics_channel'
import { X509Certificate, webcrypto } from 'node:crypto'
import { debuglog, TextDecoder, TextEncoder } from 'node:util'
import { type Send, type Sending, sendBy } from '../../face/src/driver.js'
import { optionRefused } from '../../face/src/errors.js'
import type { Finding } from '../../face/src/generated.js'
import type { Step } from '../../face/src/generated_engine.js'
import type { Native, Observed, Account } from '../../face/src/native.js'
import { bind, native as loaded, readStep } from '../../face/src/native.js'
import type { Glue } from '../../face/src/wasm.js'
import { webCrypto } from '../../face/src/webcrypto.js'
import { addon, complete, wasm } from './files.js'
import { bypasses, send, sendOver } from './http.js'

/** The engine of `bindings-node/src`, whose steps are JSON. */
interface AddonEngine {
  step(event: string, members: string, bytes: Uint8Array, unixMs: number, monoMs: number): string | Promise<string | null>
  readonly timeoutMs: number
}

interface Addon extends Pick<Native, 'Account' | 'call'> {
  Engine: new (account: Account, json: string, optionsJson: string, observed: boolean) => AddonEngine
}

const debug = debuglog('wechatpay-customs')
const attempts = channel('wechatpay-customs:attempt')
const warned = channel('wechatpay-customs:warning')

function observe(attempt: Observed, thrown: unknown): void {
  if (attempts.hasSubscribers) attempts.publish(attempt)
  if (debug.enabled) {
    const { operation, attempt: number, phase, host, status, request_id, key_id, ms, reason, backend } = attempt
    debug('%s, attempt %d: %s %s %s %s %d ms%s (%s)', operation, number, phase, host, status, key_id ?? request_id, ms, reason ? ` ${reason}` : '', backend)
    if (thrown !== undefined) debug('%s, attempt %d: thrown: %s', operation, number, told(thrown))
  }
}

/** Logs the warnings of a call that succeeded, without the values of its fields. */
function warn(operation: string, warnings: Finding[]): void {
  for (const { rule, field, issue } of warnings) {
    if (warned.hasSubscribers) warned.publish({ operation, rule, field, issue })
    debug('warning: %s: %s %s (%s)', operation, field, issue, rule)
  }
}

/** Describes an error and its causes in words; the rest of their content is private to their owners. */
function told(thrown: unknown): string {
  try {
    const { cause } = Object(thrown) as { cause?: unknown }
    return cause === undefined ? String(thrown) : `${thrown}, because of ${cause}`
  } catch {
    return 'something that has no words'
  }
}

/** Advice that developers must see early, because otherwise a `.p12` is first refused in production. */
const ADVICE =
  'WebAssembly reads no .p12. Addons are optional dependencies, which npm leaves out with --omit=optional, and where ' +
  'package-lock.json or node_modules were made on another platform: install again without them. ' +
  'If WebAssembly is meant, --disable-warning=WECHATPAY_CUSTOMS_NO_ADDON says so.'

const { fetch: own, process: { versions } } = globalThis

/** Bun's `fetch`, made to check certificates whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
const checked: typeof fetch = (url, init) => fetch(url, { ...init, ...{ tls: { rejectUnauthorized: true } } })

/** Reads a proxy's URL; errors do not show it, because it may hold a password. */
function proxyUrl(given: unknown): URL | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string' && URL.canParse(given)) {
    const url = new URL(given)
    if (['http:', 'https:'].includes(url.protocol) && url.hostname !== '') return url
  }
  throw optionRefused('option `proxy` must be the URL of a proxy: http:// or https://, a host and a port')
}

/** Reads certificates in PEM. */
function pems(given: unknown): string[] | undefined {
  if (given === undefined) return undefined
  const text = given instanceof Uint8Array ? Buffer.from(given).toString('latin1') : String(given)
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const sound = (pem: string): boolean => {
    try {
      return new X509Certificate(pem).raw.length > 0
    } catch {
      return false
    }
  }
  if (found.length > 0 && found.every(sound)) return found
  throw optionRefused('option `caCertificates` must hold at least one certificate in PEM, and nothing but X.509')
}

const hosts = {
  /** Sends with `http` or `https`, unless `fetch` was replaced; on Bun with its `fetch`, which is as fast as they are. */
  send(request: Send) {
    if (globalThis.fetch === own && versions.bun === undefined) return send(request)
    return sendBy(versions.bun === undefined ? fetch : checked)(request)
  },
  sendOver(proxy: unknown, caCertificates: unknown): Sending {
    const [via, ca] = [proxyUrl(proxy), pems(caCertificates)]
    if (versions.bun === undefined) return sendOver(via, ca)
    const tls = { rejectUnauthorized: true, ...(ca && { ca }) }
    return (request) => {
      const through = via && !bypasses(via, new URL(request.url).hostname) ? { proxy: via.href } : {}
      return sendBy((url, init) => fetch(url, { ...init, ...{ tls, ...through } }))(request)
    }
  },
  warn,
  observer: () => (attempts.hasSubscribers || debug.enabled ? observe : undefined)
}

function native({ Account, Engine, call }: Addon): Native {
  return {
    backend: 'native',
    Account,
    call,
    engine(account, json, optionsJson, observed) {
      const engine = new Engine(account, json, optionsJson, observed)
      return {
        step(event, members, bytes, unixMs, monoMs) {
          const told = engine.step(event, members, bytes, unixMs, monoMs)
          return typeof told === 'string' ? readStep(told) : { computed: told.then(read), timeout_ms: engine.timeoutMs }
        }
      }
    },
    ...hosts
  }
}

/** Reads a step; null when nobody waits for it any more. */
function read(told: string | null): Step {
  return told === null ? (null as never) : readStep(told)
}

/** Loads the WebAssembly module's script; lends it two classes that Jest's jsdom, which imitates a page, lacks. */
function script(): Glue {
  const lent = Object.entries({ TextDecoder, TextEncoder }).filter(([name]) => !(name in globalThis))
  Object.assign(globalThis, Object.fromEntries(lent))
  try {
    return require('../../bindings-wasm/pkg/core/wechatpay_customs_wasm.js')
  } finally {
    for (const [name] of lent) Reflect.deleteProperty(globalThis, name)
  }
}

bind({
  // Jest's jsdom lacks a complete `crypto` too.
  crypto: webcrypto,
  load() {
    const found = addon()
    if ('addon' in found) return native(found.addon as Addon)
    const core = script()
    core.initSync({ module: wasm() })
    if (found.reasons.length > 0) {
      const message = `wechatpay-customs runs on WebAssembly, as it found no addon for ${found.platform}: ${found.reasons.join('; ')}`
      process.emitWarning(message, { code: 'WECHATPAY_CUSTOMS_NO_ADDON', detail: ADVICE })
    }
    return { ...webCrypto(core), ...hosts }
  }
})

// A bundle that lacks files must fail at its start, not at its first call.
if (!complete()) loaded()

export * from '../../face/src/public.js'
export { default } from '../../face/src/index.js'
