import type { ErrorAttributes, ErrorKind } from './generated.js'
import { camelCase } from './plain.js'

const BRAND = Symbol.for('wechatpay-customs.error')

/** What went wrong, to which field or key, and what to do. */
export class WechatPayError extends Error {
  /** Made from the core's error data; not for callers. */
  constructor(details: Record<string, unknown>) {
    super(String(details.message))
    for (const [name, value] of Object.entries(details)) {
      if (name !== 'message') Object.defineProperty(this, camelCase(name), { value, enumerable: true })
    }
  }

  // Written out in each class, as minifiers rename classes.
  override get name(): string {
    return 'WechatPayError'
  }

  /** Tells errors of this sort whichever copy of the package made them. */
  get [BRAND](): true {
    return true
  }
}

// The attributes are those of the core's error data.
export interface WechatPayError extends ErrorAttributes {}

/** Is this an error of this library's? Unlike `instanceof` it also knows those of another copy of the package. */
export function isWechatPayError(error: unknown): error is WechatPayError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** What was asked for cannot be sent: correct the fields or options. */
export class InputError extends WechatPayError {
  override get name(): string {
    return 'InputError'
  }
}
/** A key or certificate cannot be used. */
export class KeyMaterialError extends WechatPayError {
  override get name(): string {
    return 'KeyMaterialError'
  }
}
/** The answer's signature is missing or wrong. */
export class SignatureError extends WechatPayError {
  override get name(): string {
    return 'SignatureError'
  }
}
/** The answer's timestamp is too far from the local clock. */
export class FreshnessError extends WechatPayError {
  override get name(): string {
    return 'FreshnessError'
  }
}
/** WeChat Pay probed whether signatures are verified. */
export class ProbeError extends WechatPayError {
  override get name(): string {
    return 'ProbeError'
  }
}
/** No answer came. */
export class TransportError extends WechatPayError {
  override get name(): string {
    return 'TransportError'
  }
}
/** The service refused. */
export class ApiError extends WechatPayError {
  override get name(): string {
    return 'ApiError'
  }
}
/** An answer came that cannot be read as documented. */
export class ResponseError extends WechatPayError {
  override get name(): string {
    return 'ResponseError'
  }
}
/** The library was driven in a way that it does not allow. */
export class StateError extends WechatPayError {
  override get name(): string {
    return 'StateError'
  }
}

const CLASSES: Record<ErrorKind, new (details: Record<string, unknown>) => WechatPayError> = {
  input: InputError,
  key: KeyMaterialError,
  signature: SignatureError,
  freshness: FreshnessError,
  probe: ProbeError,
  transport: TransportError,
  api: ApiError,
  response: ResponseError,
  state: StateError
}

/** A real `Error` for what the core threw as data; anything else as it is. */
export function raised(thrown: unknown): unknown {
  if (thrown instanceof Error || typeof thrown !== 'object' || thrown === null) return thrown
  const details = thrown as Record<string, unknown>
  const Class = CLASSES[details.kind as ErrorKind]
  return Class === undefined ? thrown : new Class(details)
}
