import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from '../../face/src/wasm.ts'

bindWasm(core, { url: () => new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url), browser: true })

export * from '../../face/src/index.ts'
export { default } from '../../face/src/index.ts'
