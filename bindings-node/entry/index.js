import { createRequire } from 'node:module'
import { bind } from './face/native.js'

bind({
  load() {
    const { Shared, Engine, call } = createRequire(import.meta.url)(
      `./wechatpay-customs.${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}.node`
    )
    return {
      Shared,
      Engine,
      call,
      sign: async (shared, message, entropy) => shared.sign(message, entropy ?? undefined),
      verify: async (shared, spkiDer, message, signature) => shared.verify(spkiDer, message, signature)
    }
  }
})

export * from './face/index.js'
