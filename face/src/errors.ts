import type { ErrorAttributes, ErrorKind } from './generated.js'
import { FACE_ADVICE } from './generated.js'
import { camelCase, tag } from './plain.js'

const BRAND = Symbol.for('wechatpay-customs.error')

/** Missing on some hosts. */
const { captureStackTrace } = Error as { captureStackTrace?: (target: object, above: Function) => void }

/** An error: what went wrong, at which field or key, and what to do. */
export class WechatPayError extends Error {
  // Written out in each class, because minifiers rename classes.
  static override readonly name: string = 'WechatPayError'

  /** Made from the core's error data; not for callers. */
  constructor(details: Record<string, unknown>, cause?: unknown) {
    super(String(details.message))
    for (const [name, value] of Object.entries(details)) {
      if (name !== 'message') Object.defineProperty(this, camelCase(name), { value, enumerable: true })
    }
    // The error that broke the exchange, such as one of `fetch`.
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause })
  }

  override get name(): string {
    return this.constructor.name
  }

  /** The error's details, with its name and message; without its cause, which others made. */
  toJSON(): object {
    const { name, message } = this
    return Object.assign({ name, message }, this)
  }

  /** Marks errors of this class, whichever copy of the package made them. */
  get [BRAND](): true {
    return true
  }
}

// The attributes are those of the core's error data.
export interface WechatPayError extends ErrorAttributes {}

/** Is this an error of this library's? Unlike `instanceof` it also recognises those of another copy of the package. */
export function isWechatPayError(error: unknown): error is WechatPayError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** The call cannot be made as asked: correct the fields or options. */
export class InputError extends WechatPayError {
  static override readonly name: string = 'InputError'
}
/** A key or certificate cannot be used. */
export class KeyMaterialError extends WechatPayError {
  static override readonly name: string = 'KeyMaterialError'
}
/** The answer's signature is missing or wrong. */
export class SignatureError extends WechatPayError {
  static override readonly name: string = 'SignatureError'
}
/** The answer's timestamp is too far from the local clock. */
export class FreshnessError extends WechatPayError {
  static override readonly name: string = 'FreshnessError'
}
/** WeChat Pay probed whether signatures are verified. */
export class ProbeError extends WechatPayError {
  static override readonly name: string = 'ProbeError'
}
/** No answer came. */
export class TransportError extends WechatPayError {
  static override readonly name: string = 'TransportError'
}
/** The service refused. */
export class ApiError extends WechatPayError {
  static override readonly name: string = 'ApiError'
}
/** An answer came that cannot be read as documented. */
export class ResponseError extends WechatPayError {
  static override readonly name: string = 'ResponseError'
}
/** The library was used in a way that it does not allow. */
export class StateError extends WechatPayError {
  static override readonly name: string = 'StateError'
}

const CLASSES: Record<ErrorKind, new (details: Record<string, unknown>, cause?: unknown) => WechatPayError> = {
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
 * Notes the place of the caller's call: the returned function makes the stack of an error of ours begin there, if the host
 * knows it. `above` was called by the very function that the caller called.
 */
export function called(above: Function = called): (thrown: unknown) => unknown {
  const here: { stack?: unknown } = {}
  captureStackTrace?.(here, above)
  return (error) => {
    // Drops the line of the called function, which is ours.
    const callers = /^.*\n.*(\n[^]*)$/.exec(String(here.stack))
    if (error instanceof WechatPayError && callers) error.stack = `${error.name}: ${error.message}${callers[1]}`
    return error
  }
}

/** Runs an action of the caller's; the stacks of its errors begin at the caller's call. */
export function from<T>(action: () => T): T {
  const placed = called(from)
  const failed = (thrown: unknown): never => {
    throw placed(thrown)
  }
  try {
    const result = action()
    return (tag(result) === 'Promise' ? (result as Promise<unknown>).catch(failed) : result) as T
  } catch (thrown) {
    return failed(thrown)
  }
}

/** Asks the core, which throws its errors as JSON text. */
export function asked<T>(ask: () => T): T {
  try {
    return ask()
  } catch (thrown) {
    throw typeof thrown === 'string' ? raised(JSON.parse(thrown) as Details) : thrown
  }
}

type Details = { kind: ErrorKind } & Record<string, unknown>

/** Turns the core's error data into a real `Error`. */
export function raised(details: Details, cause?: unknown): WechatPayError {
  return new CLASSES[details.kind](details, cause)
}

/** The error for a case that the core cannot know, or cannot report because it is not loaded. */
export function refused(kind: ErrorKind, code: keyof typeof FACE_ADVICE, message: string): WechatPayError {
  const nothing = { reason: null, operation: null, status: null, request_id: null, detail: null, findings: [], warnings: [] }
  const otherwise = { retryable: false, retry_after: null, attempts: 0, may_have_been_applied: false, advice: FACE_ADVICE[code] }
  return raised({ kind, code, message, ...nothing, ...otherwise, authenticated: false })
}

/** The error for an option that the core does not read. */
export function optionRefused(message: string): WechatPayError {
  return refused('input', 'INVALID_OPTION', message)
}
