import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from '../../face/src/wasm.ts'

bindWasm(core, { isolated: true, browser: 'document' in globalThis })

export * from '../../face/src/index.ts'
export { default } from '../../face/src/index.ts'
