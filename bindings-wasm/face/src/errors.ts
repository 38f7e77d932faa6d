import type { ErrorAttributes, ErrorKind } from './generated.js'
import { camelCase } from './plain.js'

/** What went wrong, to which field or key, and what to do. */
export class WechatPayError extends Error {
  /** Made from the core's error data; not for callers. */
  constructor(details: Record<string, unknown>) {
    super(String(details.message))
    for (const [name, value] of Object.entries(details)) {
      if (name !== 'message') Object.defineProperty(this, camelCase(name), { value, enumerable: true })
    }
  }

  override get name(): string {
    return this.constructor.name
  }
}

// The attributes are those of the core's error data.
export interface WechatPayError extends ErrorAttributes {}

/** What was asked for cannot be sent: correct the fields or options. */
export class InputError extends WechatPayError {}
/** A key or certificate cannot be used. */
export class KeyMaterialError extends WechatPayError {}
/** The answer's signature is missing or wrong. */
export class SignatureError extends WechatPayError {}
/** The answer's timestamp is too far from the local clock. */
export class FreshnessError extends WechatPayError {}
/** WeChat Pay probed whether signatures are verified. */
export class ProbeError extends WechatPayError {}
/** No answer came. */
export class TransportError extends WechatPayError {}
/** The service refused. */
export class ApiError extends WechatPayError {}
/** An answer came that cannot be read as documented. */
export class ResponseError extends WechatPayError {}
/** The library was driven in a way that it does not allow. */
export class StateError extends WechatPayError {}

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
