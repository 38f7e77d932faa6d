import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { installed, type Client, type ClientOptions, type Customs } from './customs.js'
import type { FaultName, Faults } from './generated.js'
import { program } from './program.js'

/** How a sandbox starts; each is an option of the program, whose documentation tells more. */
export interface StartOptions {
  /** The port on 127.0.0.1; any free one unless given. */
  port?: number
  /** A whole number that makes keys, ids and nonces the same at each start; random unless given. */
  seed?: number
  /** The one application id that the sandbox knows. */
  appid?: string
  /** The one merchant id that the sandbox knows. */
  mchid?: string
  /** The SQLite file that declarations are kept in; memory unless given. */
  state?: string
  /** The file of the merchant's private key, PEM; made unless given. */
  merchantKey?: string
  /** The file of the private key of the platform's first certificate, PEM; made unless given. */
  platformKey?: string
  /** How many times as fast as the wall clock the sandbox clock runs, which decides states: a whole number, 1 unless given. */
  speed?: number
  /** Whether to write a line about each request to stderr; no unless given. */
  log?: boolean
  /** A program of one's own; otherwise the environment's WECHATPAY_CUSTOMS_SANDBOX, or the one that the package carries. */
  program?: string
}

/** A fault that waits: its name, for which requests it is, and its own parameters. */
export type Fault = { [Name in FaultName]: { fault: Name } & Faults[Name] }[FaultName]

/** What a fault is told, which may be left out unless it needs to know something. */
export type Told<Name extends FaultName> = {} extends Faults[Name] ? [more?: Faults[Name]] : [more: Faults[Name]]

/** A payment that declarations are checked against; amounts in fen. */
export interface Payment {
  out_trade_no: string
  transaction_id: string
  amount: number
  currency?: string
  refunded?: number
}

/** An identity on file, for one payer or, without `out_trade_no`, for all that have none of their own. */
export interface Identity {
  certificate_id: string
  certificate_name: string
  out_trade_no?: string
}

/** What somebody else changes of a declaration; amounts in fen. Without `customs` it is changed at each. */
export interface Change {
  out_trade_no: string
  sub_order_no?: string
  customs?: string
  merchant_customs_no?: string
  duty?: number
  order_fee?: number
  transport_fee?: number
  product_fee?: number
}

/** What the sandbox can be set to. */
export interface Settings {
  wrong_amount: 'INVALID_REQUEST' | 'PARAM_ERROR'
  field_encryption: 'pkcs1' | 'oaep'
  literal: boolean
  calls_per_second: number | null
  idle_close_ms: number | null
}

interface Ready {
  url: string
  control_url: string
  client: Record<string, unknown>
}

/** How long the program may take to end by itself, in milliseconds. */
const GRACE = 5_000

/** A running sandbox. It ends with this process, however that ends, and does not keep it alive. */
export class Sandbox implements AsyncDisposable, Disposable {
  /** Where it listens. */
  readonly url: string
  readonly #options: ClientOptions
  readonly #controlUrl: string
  readonly #process: ChildProcess
  readonly #customs: Customs | Error

  /** Starts the program and waits until it is ready; rejects with what it says if it cannot start. */
  static async start(options: StartOptions = {}): Promise<Sandbox> {
    const { log = false, program: own, ...others } = options
    const file = own ?? program()
    const given = Object.entries(others).filter(([, value]) => value !== undefined)
    const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const words = given.map(([name, value]) => `--${dashed(name)}=${value}`)
    const customs = await installed()
    const started = spawn(file, [...words, '--exit-with-stdin', ...(log ? [] : ['--quiet'])], {
      stdio: ['pipe', 'pipe', log ? 'inherit' : 'pipe'],
      // Control-C is for this process, which may want the sandbox for its own end.
      detached: process.platform !== 'win32',
      windowsHide: true
    })
    try {
      return new Sandbox(await ready(started, file), started, customs)
    } finally {
      hold(started, 'unref')
    }
  }

  private constructor(ready: Ready, process: ChildProcess, customs: Customs | Error) {
    const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    this.url = ready.url
    this.#options = Object.fromEntries(Object.entries(ready.client).map(([name, value]) => [camel(name), value]))
    this.#controlUrl = ready.control_url
    this.#process = process
    this.#customs = customs
  }

  /** All that a client needs, throwaway keys included. */
  get options(): ClientOptions {
    return { ...this.#options }
  }

  /** Makes a client of `wechatpay-customs`, or of `wechatpay-customs-wasm` if only that is installed. */
  client(options: Partial<ClientOptions> = {}): Client {
    if (this.#customs instanceof Error) throw this.#customs
    return new this.#customs.Client({ ...this.#options, ...options })
  }

  /** Orders a fault; gives all that wait, or how many records have changed their state. */
  async fault<Name extends FaultName>(fault: Name, ...more: Told<Name>): Promise<{ faults?: Fault[]; changed?: number }> {
    return this.control('POST', 'faults', { fault, ...more[0] })
  }

  /** Lists the faults that wait. */
  async faults(): Promise<Fault[]> {
    return (await this.control<{ faults: Fault[] }>('GET', 'faults')).faults
  }

  /** Takes back all faults that wait. */
  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults')
  }

  /**
   * Goes back to how it was when it started, for the next test: without declarations, payments, faults and rotated
   * certificates, with the first identity and settings and the wall clock. Its keys and clients stay.
   */
  async reset(): Promise<void> {
    await this.control('POST', 'reset')
  }

  /** Moves the sandbox clock, which decides states, forward by whole seconds; gives its time in Unix seconds. */
  async advance(seconds: number): Promise<number> {
    return (await this.control<{ now: number }>('POST', 'clock', { advance_s: seconds })).now
  }

  /** Makes a new platform certificate, which signs from then on. */
  async rotate(): Promise<{ serial_no: string; certificate: string }> {
    return this.control('POST', 'rotate')
  }

  /** Registers a payment, in place of one that has one of its numbers. */
  async payment(payment: Payment): Promise<void> {
    await this.control('POST', 'payments', payment)
  }

  /** Lists the payments that are registered. */
  async payments(): Promise<Payment[]> {
    return (await this.control<{ payments: Payment[] }>('GET', 'payments')).payments
  }

  /** Puts an identity on file. */
  async identity(identity: Identity): Promise<void> {
    await this.control('POST', 'identities', identity)
  }

  /** Changes the settings that are given; gives them all. */
  async settings(changes?: Partial<Settings>): Promise<Settings> {
    return changes === undefined ? this.control('GET', 'settings') : this.control('POST', 'settings', changes)
  }

  /** Modifies a declaration as somebody else would; gives how many records that are. */
  async change(change: Change): Promise<number> {
    return (await this.control<{ changed: number }>('POST', 'change', change)).changed
  }

  /** Refuses connections for so many milliseconds, as a host that has died; connections that stand are closed. */
  async down(ms: number): Promise<void> {
    await this.control('POST', 'down', { ms })
  }

  /** Asks a control endpoint by its name; rejects with what the sandbox refuses. */
  async control<T>(method: string, endpoint: string, body?: object): Promise<T> {
    // Not by `fetch`, which tests replace, and without a connection that is kept.
    const sent = request(`${this.#controlUrl}/${endpoint}`, { method, agent: false })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [answer] = await once(sent, 'response').catch(({ message }: Error) => {
      throw new Error(`the sandbox does not answer ${method} ${endpoint}: ${message}`)
    })
    answer.setEncoding('utf8')
    let text = ''
    for await (const more of answer) text += more
    const told = JSON.parse(text)
    if (answer.statusCode !== 200) throw new Error(`the sandbox refuses ${method} ${endpoint}: ${told.error}`)
    return told
  }

  /** Stops the program and waits for its end; doing so again does nothing. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    hold(this.#process, 'ref')
    this.#process.stdin?.end()
    const late = setTimeout(() => this.#process.kill('SIGKILL'), GRACE)
    await ended
    clearTimeout(late)
  }

  /** What a console shows; not the keys. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Sandbox { url: '${this.url}' }`
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  [Symbol.dispose](): void {
    this.#process.kill()
  }
}

/** Waits for the ready line. */
async function ready(started: ChildProcess, file: string): Promise<Ready> {
  let told = ''
  started.stderr?.setEncoding('utf8').on('data', (more: string) => (told += more))
  const failed = new Promise<never>((_, reject) => {
    started.once('error', (error) => reject(new Error(`the sandbox ${file} cannot be started: ${error.message}`)))
    started.once('close', (code) => reject(new Error(told.trim() || `the sandbox ended with ${code} before it was ready`)))
  })
  const lines = createInterface({ input: started.stdout! })
  const [line] = await Promise.race([once(lines, 'line'), failed])
  try {
    return JSON.parse(line)
  } catch {
    started.kill()
    throw new Error(`${file} is no sandbox: its first line is ${JSON.stringify(line)}`)
  }
}

/** Lets a process and its pipes keep the event loop alive, or not. */
function hold(started: ChildProcess, how: 'ref' | 'unref'): void {
  started[how]()
  // Pipes are sockets, which their types do not say; but for Bun, where they keep nothing alive.
  for (const pipe of [started.stdin, started.stdout, started.stderr]) (pipe as Partial<Socket> | null)?.[how]?.()
}
