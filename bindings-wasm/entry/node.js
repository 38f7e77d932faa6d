import { readFileSync } from 'node:fs'
import { bind } from './face/native.js'
import { webCrypto } from './face/webcrypto.js'
import * as core from './core/wechatpay_customs_wasm.js'

bind(() => {
  core.initSync({ module: readFileSync(new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url)) })
  return webCrypto(core)
})

export * from './face/index.js'
