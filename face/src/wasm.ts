/** Loads the core as a WebAssembly module. */
import { bind, notLoaded } from './native.js'
import type { Binding } from './native.js'
import { tag } from './plain.js'
import type { Module } from './webcrypto.js'
import { webCrypto } from './webcrypto.js'

/** The script that wasm-bindgen generates. */
export interface Glue extends Module {
  initSync(from: { module: object }): unknown
  default(from: { module_or_path: unknown }): Promise<unknown>
}

export interface Origin extends Pick<Binding, 'isolated' | 'browser' | 'crypto'> {
  /** The module or its bytes, if they are available at once. */
  module?: () => object
  /** The module's URL otherwise. */
  url?: () => URL
}

export function bindWasm(glue: Glue, { module, url, ...traits }: Origin): void {
  const native = webCrypto(glue)
  const instantiate = (module: object) => {
    // Some hosts compile in another realm; the glue demands an instance of this realm's class.
    if (isModule(module) && !(module instanceof WebAssembly.Module)) Object.setPrototypeOf(module, WebAssembly.Module.prototype)
    glue.initSync({ module })
    return native
  }
  bind({
    ...traits,
    ...(module && { load: () => instantiate(module()) }),
    fetch(source = url?.()) {
      if (isModule(source)) return instantiate(source)
      if (source === undefined) throw notLoaded('wechatpay-customs-wasm/slim brings no module: call `await init(module)`')
      return glue.default({ module_or_path: source }).then(() => native)
    }
  })
}

function isModule(source: unknown): source is WebAssembly.Module {
  return tag(source) === 'WebAssembly.Module'
}
