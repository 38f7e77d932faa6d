// wasm-bindgen's types are not generated: `Glue` in the face declares what is used.
declare module '*/wechatpay_customs_wasm.js'
