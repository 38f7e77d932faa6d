import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from '../face/src/wasm.ts'

bindWasm(core, {
  module: () => readFileSync(new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url)),
  // That of jsdom, which tests have in its place, can sign nothing.
  crypto: webcrypto
})

export * from '../face/src/index.ts'
export { default } from '../face/src/index.ts'
