import type {
  Answer,
  CallOptions,
  CoreOptions,
  CustomsCode,
  CustomsOrderFields,
  Declaration,
  DeclareRequest,
  EnsureLimits,
  Ensured,
  Explanation,
  Finding,
  NextStep,
  Operation,
  Operations,
  Part,
  Payment,
  QueryRequest,
  RealtimeUploadFields,
  Rules,
  Signed,
  WaitLimits,
  Which
} from './generated.js'
import { OPERATIONS } from './generated.js'
import type { Backend, Observed, Account } from './native.js'
import { host, init, native } from './native.js'
import { drive, type Landed, type Sending, sendBy } from './driver.js'
import { asked, called, from, optionRefused, raised, WechatPayError } from './errors.js'
import { camelCase, json, members, tag } from './plain.js'
import type { HeldKey } from './webcrypto.js'
import { described, signWith } from './webcrypto.js'

/** A private `KeyObject` of Node.js. */
export interface HeldKeyObject {
  readonly type: string
  export(options: { type: 'pkcs8' | 'spki'; format: 'der' }): Uint8Array
}

/** The options of a client; an unknown option is refused. */
export interface ClientOptions extends Omit<CoreOptions, 'privateKey'> {
  /**
   * The merchant's private key: text or bytes in any form that is read, which a page in a browser must not be given; a
   * `KeyObject` of Node.js; or a `CryptoKey` for RSASSA-PKCS1-v1_5 with SHA-256 and the usage `sign`, which is never
   * exported.
   */
  privateKey?: CoreOptions['privateKey'] | HeldKey | HeldKeyObject
  /** Signs by other means than `privateKey`, such as a KMS: bytes to signature (RSASSA-PKCS1-v1_5, SHA-256). */
  signer?: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>
  /**
   * The `fetch` to send with. Defaults to the global `fetch`; on Node.js an unpatched `fetch` is bypassed in favour of
   * `http`/`https`, which are faster.
   */
  fetch?: typeof fetch
  /**
   * The URL of a proxy, `http://` or `https://`, with user and password if it wants them. Only for the connections of the package
   * `wechatpay-customs` itself; a `fetch` of yours brings its own. Requests to this machine bypass it, unless it is here too.
   */
  proxy?: string
  /** Certificates to trust instead of Node.js's own, PEM. For the same connections as `proxy`. */
  caCertificates?: string | Uint8Array
  /** Called at the beginning and end of each attempt; its exceptions are ignored. */
  onAttempt?: (attempt: Observed) => void
  /** The time in milliseconds since 1970, for tests. */
  clock?: () => number
}

/** The options of one call. */
export interface PerCall extends CallOptions {
  /** Gives the call up; the promise rejects with `signal.reason`. */
  signal?: AbortSignal
}

/** The options of `ensure`. */
export interface EnsureOptions extends PerCall, EnsureLimits {
  /** Called before each pause with what the run would give now; its exceptions are ignored. */
  onProgress?: (reached: Ensured) => void
}

/** The options of `wait`. */
export interface WaitOptions extends PerCall, WaitLimits {
  /** Called before each pause with the record as it was last seen; its exceptions are ignored. */
  onProgress?: (record: Declaration) => void
}

/** A signed request, to be sent without any change. */
export interface Prepared extends Signed {
  /** Findings that did not stop it. */
  warnings: Finding[]
}

/** An answer as received. */
export interface Received {
  status: number
  headers: Record<string, string | string[]> | Iterable<readonly [string, string]>
  /** Exactly as received. */
  body: string | Uint8Array
}

/** A request as it was sent, such as a prepared one. */
export interface Sent {
  method: string
  url: string
  headers: Record<string, string | string[]> | Iterable<readonly [string, string]>
  /** Exactly as sent; null or absent for a GET. */
  body?: string | Uint8Array | null
}

interface Page {
  operation: string
  records: Declaration[]
  request: object | null
  state: object
}

interface OwnOptions extends Pick<ClientOptions, 'signer' | 'fetch' | 'onAttempt' | 'clock'> {
  /** Sends over connections of the client's own. */
  send?: Sending
}

/** Declares to customs through WeChat Pay. Making one sends nothing. */
export class Client {
  readonly #account: Account
  readonly #own: OwnOptions

  constructor(options: ClientOptions) {
    ;[this.#account, this.#own] = from(() => {
      const opened = open(options)
      asked(() => opened[0].requireSigning())
      return opened
    })
  }

  /** The core that signs, verifies and reads: a native addon, or WebAssembly. */
  get backend(): Backend {
    return native().backend
  }

  /** Finds what is wrong with a request, with this client's options filled in. Sends nothing. */
  check(operation: Operation, fields: object, rules?: Rules): Finding[] {
    return from(() => call(this.#account, 'check', { operation, fields, rules })) as Finding[]
  }

  /** Checks, builds and signs a request for the caller to send. */
  prepare(
    operation: Operation,
    fields: object,
    timestamp?: number,
    nonce?: string,
    padding?: Uint8Array
  ): Promise<Prepared> {
    return from(() => prepared(this.#account, this.#own, operation, fields, timestamp, nonce, padding))
  }

  /** Verifies and reads an answer that the caller received; fails as the call would. */
  parse(operation: Operation, response: Received, request?: object, now?: number): Promise<object> {
    return from(() => run(this.#account, this.#own, { call: 'parse', operation, response, request, now }))
  }

  /** Explains why a signature does not verify, with this client's options; see the package's function. */
  explain(message: Sent | Received, request?: Sent, now?: number): Promise<Explanation> {
    return from(() => explained(this.#account, this.#own, message, request, now))
  }

  /**
   * Makes a declaration be as wanted, whatever happened before: asks, and then declares, modifies, pushes again, waits, or
   * says why a person must decide. What it gives is plain data, to be given back as `after`.
   */
  ensure(wanted: DeclareRequest, options: EnsureOptions = {}): Promise<Ensured> {
    return from(() => run(this.#account, this.#own, { call: 'ensure', fields: wanted }, options)) as Promise<Ensured>
  }

  /**
   * Looks at a declaration until it stops moving, and gives its record, also for `FAIL` and `EXCEPT`. At the deadline it
   * rejects with `STILL_MOVING`, whose `detail` is the last record.
   */
  wait(which: Which, options: WaitOptions = {}): Promise<Declaration> {
    return from(() => run(this.#account, this.#own, { call: 'wait', fields: which }, options)) as Promise<Declaration>
  }

  /** Reads all records of a query, page by page; ignores its `offset`. */
  queryAll(fields: QueryRequest, options: PerCall = {}): AsyncGenerator<Declaration, void, undefined> {
    return this.#pages(fields, options, called())
  }

  async *#pages(
    fields: QueryRequest,
    options: PerCall,
    placed: (thrown: unknown) => unknown
  ): AsyncGenerator<Declaration, void, undefined> {
    try {
      let page = this.#page({ fields })
      while (page.request !== null) {
        const call = { call: 'operation', operation: page.operation, fields: page.request }
        const answer = await run(this.#account, this.#own, call, options)
        page = this.#page({ fields, state: page.state, answer })
        yield* page.records
      }
    } catch (thrown) {
      throw placed(thrown)
    }
  }

  /** Exports the platform keys as one JSON text, to start another client with. */
  exportKeys(): Promise<string> {
    return from(async () => call(this.#account, 'export_keys', {}) as string)
  }

  /** Imports platform keys that `exportKeys` gave. They are trusted, so take them from a safe place only. */
  importKeys(keys: string): Promise<void> {
    return from(async () => void call(this.#account, 'import_keys', { keys }))
  }

  #page(argument: object): Page {
    return call(this.#account, 'query_all', argument) as Page
  }

  static {
    for (const operation of OPERATIONS) {
      Object.defineProperty(this.prototype, camelCase(operation), {
        value(this: Client, fields: object = {}, options: PerCall = {}): Promise<object> {
          return from(() => run(this.#account, this.#own, { call: 'operation', operation, fields }, options))
        },
        writable: true,
        configurable: true
      })
    }
  }
}

// The static block above defines the methods that this declares.
export interface Client extends Operations<PerCall> {}

/** Finds everything that is wrong with a request. Sends nothing, and never throws for bad data. */
export function check(operation: Operation, fields: object, rules?: Rules): Finding[] {
  return from(() => call(native(), 'check', { operation, fields, rules })) as Finding[]
}

/**
 * Checks, builds and signs a request for the caller to send. `timestamp` (Unix seconds) defaults to the current time;
 * `nonce` (1 to 32 letters and digits) and `padding` for fields that are encrypted default to random values.
 */
export function prepare(
  operation: Operation,
  fields: object,
  options: ClientOptions,
  timestamp?: number,
  nonce?: string,
  padding?: Uint8Array
): Promise<Prepared> {
  return from(() =>
    alone(options, (account, own) => {
      asked(() => account.requireSigning())
      return prepared(account, own, operation, fields, timestamp, nonce, padding)
    })
  )
}

/** Verifies and reads an answer that the caller received; fails as the call would. `now` is in Unix seconds. */
export function parse(
  operation: Operation,
  response: Received,
  options: ClientOptions,
  request?: object,
  now?: number
): Promise<object> {
  return from(() => alone(options, (account, own) => run(account, own, { call: 'parse', operation, response, request, now })))
}

/**
 * Explains why the signature of a request or answer does not verify: the lines that must be signed, the check that fails,
 * and the causes. With `request`, an answer that refuses the signature shows where the server's message differs from ours.
 * `now` is in Unix seconds. Sends and signs nothing.
 */
export function explain(
  message: Sent | Received,
  options: ClientOptions,
  request?: Sent,
  now?: number
): Promise<Explanation> {
  return from(() => alone(options, (account, own) => explained(account, own, message, request, now)))
}

/** The payment fields for the order message to customs; `paid` (fen) is required unless the order is split. */
export function customsOrderFields(request: object, result: object, paid?: number): CustomsOrderFields {
  return from(() => call(native(), 'customs_order_fields', { request, result, paid })) as CustomsOrderFields
}

/**
 * The payment fields for the real-time data upload (Announcement 179 of 2018); `paid` (fen) is required unless the order is
 * split. `result` is the answer to the declaration, or its record with the ids beside it.
 */
export function realtimeUploadFields(request: object, result: object, paid?: number): RealtimeUploadFields {
  return from(() => call(native(), 'realtime_upload_fields', { request, result, paid })) as RealtimeUploadFields
}

/** Plans the sub-orders of a payment: the fields of a declare for each part, whose amounts sum exactly to what was paid. */
export function planSplit(payment: Payment, parts: Part[], customs?: CustomsCode): DeclareRequest[] {
  return from(() => call(native(), 'plan_split', { payment, parts, customs })) as DeclareRequest[]
}

/**
 * Converts an amount in another currency, with its coupon, at the order's own rate (CNY for one unit) to fen; further
 * decimals are cut off. All are decimal texts.
 */
export function cnyFen(amount: string, rate: string, coupon?: string): number {
  return from(() => call(native(), 'cny_fen', { amount, rate, coupon })) as number
}

/**
 * Decides what a declaration needs now, why, and according to which source. Sends nothing. `record` is a record of a query
 * with the ids beside it, or an answer; `history` a trail, or what `ensure` gave; `now` and `lost` are in Unix seconds.
 */
export function nextStep(
  record: object | null,
  wanted?: object | null,
  history?: object | null,
  now: number = Math.floor(Date.now() / 1000),
  lost?: number | boolean
): NextStep {
  return from(() => call(native(), 'next_step', { record, wanted, history, now, lost })) as NextStep
}

/** Makes an account for a single use, then frees its memory at once, keys included. */
async function alone<T>(options: ClientOptions, use: (account: Account, own: OwnOptions) => T | Promise<T>): Promise<T> {
  await init()
  const [account, own] = open(options)
  try {
    return await use(account, own)
  } finally {
    account.free?.()
  }
}

function prepared(
  account: Account,
  own: OwnOptions,
  operation: Operation,
  fields: object,
  timestamp?: number,
  nonce?: string,
  padding?: Uint8Array
): Promise<Prepared> {
  return run(account, own, { call: 'prepare', operation, fields, timestamp, nonce, padding }) as Promise<Prepared>
}

async function explained(
  account: Account,
  own: OwnOptions,
  message: Sent | Received,
  request?: Sent,
  now?: number
): Promise<Explanation> {
  const argument = { message, request, now: now ?? Math.floor(time(own) / 1000) }
  if (account.callApart === undefined) return call(account, 'explain', argument) as Explanation
  const told = JSON.parse(await account.callApart('explain', json(argument)))
  if ('error' in told) throw raised(told.error)
  return told.value
}

/** Calls a pure function of a client or of the package by its name. */
function call(core: Pick<Account, 'call'>, name: string, argument: object): unknown {
  return JSON.parse(asked(() => core.call(name, json(argument))))
}

function time({ clock }: OwnOptions): number {
  const now = (clock ?? Date.now)()
  if (Number.isFinite(now)) return now
  throw optionRefused('option `clock` must give the milliseconds since 1970, as a number')
}

/** Separates the face's own options if they are functions; the core refuses any others. */
function open(options: ClientOptions): [Account, OwnOptions] {
  const core = members(options ?? {})
  const own: OwnOptions & Record<string, unknown> = {}
  for (const name of ['signer', 'fetch', 'onAttempt', 'clock']) {
    if (typeof core?.[name] === 'function') {
      own[name] = core[name]
      delete core[name]
    }
  }
  const ownSigner = 'signer' in own
  if (core !== undefined) connect(core, own)
  if (core?.privateKey !== undefined) core.privateKey = keyed(core.privateKey, own)
  const { Account } = native()
  return [asked(() => new Account(json(core), ownSigner, host().browser === true)), own]
}

/** Takes the options for connections of the client's own. */
function connect(core: Record<string, unknown>, own: OwnOptions): void {
  const { proxy, caCertificates } = core
  delete core.proxy
  delete core.caCertificates
  const [name] = Object.entries({ proxy, caCertificates }).find(([, value]) => value !== undefined && value !== null) ?? []
  if (name === undefined) return
  const refuse = (why: string) => optionRefused(`option \`${name}\` ${why}`)
  const { sendOver } = native()
  if (own.fetch !== undefined) throw refuse('is for connections of this library\'s own, which `fetch` takes the place of')
  if (sendOver === undefined) {
    throw refuse('is for connections of the package wechatpay-customs on Node.js or Bun; here, give a `fetch` that uses it')
  }
  own.send = sendOver(proxy ?? undefined, caCertificates ?? undefined)
}

/** The private key as the core gets it: a description if the host holds the key and signs with it. */
function keyed(key: unknown, own: OwnOptions): unknown {
  const held = described(key)
  if (held !== undefined) {
    own.signer = (message) => signWith(key as HeldKey, message)
    return held
  }
  if (/KeyObject$/.test(tag(key))) return exported(key as HeldKeyObject)
  // An object with `$type` is not a description that we made.
  return tag(key) === 'Object' && '$type' in (members(key as object) ?? {}) ? {} : key
}

/** A `KeyObject` as bytes, which the core reads like any others; `{}` for a secret, or if it cannot be exported. */
function exported(key: HeldKeyObject): unknown {
  try {
    if (key.type !== 'secret') return key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'der' })
  } catch {}
  return {}
}

type OnProgress = (reached: unknown) => unknown

/** The functions among a call's options, and the others as JSON text, which the core reads or refuses. */
function perCall(options: PerCall, progresses: boolean): [AbortSignal | undefined, OnProgress | undefined, limits: string] {
  // Anything else, such as a signal in place of the options, must not be overlooked.
  const given = tag(options) === 'Object' ? members(options) : undefined
  if (given === undefined) return [undefined, undefined, options === null ? 'null' : '[]']
  const { signal, onProgress } = given
  if (isSignal(signal) || signal === null) delete given.signal
  const hears = progresses && typeof onProgress === 'function'
  if (hears || onProgress === null) delete given.onProgress
  return [isSignal(signal) ? signal : undefined, hears ? (onProgress as OnProgress) : undefined, json(given)]
}

function isSignal(value: unknown): value is AbortSignal {
  try {
    const { aborted, addEventListener, removeEventListener } = value as AbortSignal
    return typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  } catch {
    return false
  }
}

async function run(account: Account, own: OwnOptions, call: { call: string; [member: string]: unknown }, options: PerCall = {}): Promise<object> {
  const [signal, onProgress, limits] = perCall(options, ['ensure', 'wait'].includes(call.call))
  const { engine: begin, sign, verify, backend, observer, send, warn } = native()
  const { signer } = own
  const [observe, mine] = [observer?.(), own.onAttempt]
  time(own)
  const engine = asked(() => begin(account, json(call), limits, observe !== undefined || mine !== undefined))
  const done = drive(engine, {
    sign: signer === undefined ? sign?.bind(null, account) : async (message) => signer(message),
    verify: verify?.bind(null, account),
    loadKeys: (flight) => (host().isolated ? download : shareDownload)(account, own, flight),
    send: own.send ?? (own.fetch === undefined ? (send ?? sendBy(fetch)) : sendBy(own.fetch)),
    observe(attempt, thrown) {
      const observed = Object.assign(attempt, { backend })
      observe?.(observed, thrown)
      if (mine !== undefined) void unheard(mine, observed)
    },
    progress(reached) {
      if (onProgress !== undefined) void unheard(onProgress, reached)
    },
    signal,
    clock: own.clock ?? Date.now
  })
  if (warn !== undefined) {
    void done.then((answer) => heard(warn, call as { call: string; operation?: string }, answer as Answer), () => {})
  }
  return engine.free === undefined ? done : done.finally(() => engine.free!())
}

/** Passes warnings to the host; the answer holds them too, but not everybody looks there. */
function heard(
  warn: (operation: string, warnings: Finding[]) => void,
  { call, operation }: { call: string; operation?: string },
  { warnings }: Answer
): void {
  if (warnings?.length > 0) warn(operation ?? call, warnings)
}

/** Calls an observer and ignores its exceptions: it must not change the call that it observes. */
async function unheard<T>(observe: (told: T) => unknown, told: T): Promise<void> {
  try {
    await observe(told)
  } catch {}
}

const flights = new WeakMap<Account, Map<number, Promise<Landed>>>()

/** Shares one download among all calls of a client that wait for it; it continues even if none waits any more. */
function shareDownload(account: Account, own: OwnOptions, flight: number): Promise<Landed> {
  let underWay = flights.get(account)
  if (underWay === undefined) flights.set(account, (underWay = new Map()))
  let landing = underWay.get(flight)
  if (landing === undefined) {
    landing = download(account, own, flight)
    underWay.set(flight, landing)
    const landed = () => underWay.delete(flight)
    landing.then(landed, landed)
  }
  return landing
}

/** Downloads for one call alone, if requests must not wait for one another; all calls then share the keys. */
async function download(account: Account, own: OwnOptions, flight: number): Promise<Landed> {
  try {
    await run(account, own, { call: 'load_keys', flight })
    return null
  } catch (error) {
    if (error instanceof WechatPayError) return error
    throw error
  }
}
