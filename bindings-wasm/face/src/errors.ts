import type { ErrorAttributes, ErrorKind } from './generated.js'
import { camelCase } from './plain.js'

const BRAND = Symbol.for('wechatpay-customs.error')

/** Not every host has it. */
const { captureStackTrace } = Error as { captureStackTrace?: (target: object, above: Function) => void }

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

/**
 * Notes where a caller called: the function that is given makes a real `Error` of what was thrown, whose stack begins there
 * where the host can tell. `above` was called by the very function that the caller called.
 */
export function called(above: Function = called): (thrown: unknown) => unknown {
  const here: { stack?: unknown } = {}
  captureStackTrace?.(here, above)
  return (thrown) => {
    const error = raised(thrown)
    // Without the line of the function that was called, which is ours.
    const callers = /^.*\n.*(\n[^]*)$/.exec(String(here.stack))
    if (error instanceof WechatPayError && callers) error.stack = `${error.name}: ${error.message}${callers[1]}`
    return error
  }
}

/** Does what a caller asked for; what goes wrong comes as a real `Error`. */
export function from<T>(action: () => T): T {
  const placed = called(from)
  const failed = (thrown: unknown): never => {
    throw placed(thrown)
  }
  try {
    const result = action()
    return (result instanceof Promise ? result.catch(failed) : result) as T
  } catch (thrown) {
    return failed(thrown)
  }
}

/** A real `Error` for what the core threw as data; anything else as it is. */
export function raised(thrown: unknown): unknown {
  if (thrown instanceof Error || typeof thrown !== 'object' || thrown === null) return thrown
  const details = thrown as Record<string, unknown>
  const Class = CLASSES[details.kind as ErrorKind]
  return Class === undefined ? thrown : new Class(details)
}
