import { readFileSync } from 'node:fs'
import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from './face/wasm.js'

bindWasm(core, { module: () => readFileSync(new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url)) })

export * from './face/index.js'
export { default } from './face/index.js'
