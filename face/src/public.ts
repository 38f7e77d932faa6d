export * from './client.js'
export {
  ApiError,
  FreshnessError,
  InputError,
  KeyMaterialError,
  ProbeError,
  ResponseError,
  SignatureError,
  StateError,
  TransportError,
  WechatPayError,
  isWechatPayError
} from './errors.js'
export * from './generated.js'
export { init } from './native.js'
export type { Backend, Observed } from './native.js'
export type { HeldKey } from './webcrypto.js'
