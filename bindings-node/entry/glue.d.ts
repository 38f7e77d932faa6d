// wasm-bindgen's types are not made: `Glue` in the face says what is used.
declare module '*/wechatpay_customs_wasm.js'
