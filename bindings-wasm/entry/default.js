import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from './face/wasm.js'

bindWasm(core, { url: () => new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url), browser: 'document' in globalThis })

export * from './face/index.js'
export { default } from './face/index.js'
