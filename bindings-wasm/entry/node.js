import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as core from './core/wechatpay_customs_wasm.js'
import { bindWasm } from '../../face/src/wasm.ts'

function module() {
  try {
    return readFileSync(new URL('./core/wechatpay_customs_wasm_bg.wasm', import.meta.url))
  } catch (cause) {
    throw new Error(
      'wechatpay-customs-wasm does not find its module, which lies beside its script: it cannot be part of a bundle for Node.js. ' +
        'Leave the package external (esbuild `--external:wechatpay-customs-wasm`; webpack, Rollup: `externals`, `external`; Next.js: ' +
        '`serverExternalPackages`), or take `wechatpay-customs-wasm/slim`, which is given the module',
      { cause }
    )
  }
}

// jsdom's `crypto`, which replaces Node.js's in tests, cannot sign.
bindWasm(core, { module, crypto: webcrypto })

export * from '../../face/src/index.ts'
export { default } from '../../face/src/index.ts'
