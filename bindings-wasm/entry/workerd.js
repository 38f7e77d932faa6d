import module from './core/wechatpay_customs_wasm_bg.wasm'
import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from '../../face/src/wasm.ts'

bindWasm(core, { module: () => module, isolated: true })

export * from '../../face/src/index.ts'
export { default } from '../../face/src/index.ts'
