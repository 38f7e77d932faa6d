import module from './core/wechatpay_customs_wasm_bg.wasm?module'
import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from './face/wasm.js'

bindWasm(core, { module: () => module, isolated: true })

export * from './face/index.js'
export { default } from './face/index.js'
