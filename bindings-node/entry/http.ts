/** Sends with `http` and `https`, in a third of the time of `fetch`, over the agents that all of Node.js shares. */
import http from 'node:http'
import type { ClientRequest, RequestOptions } from 'node:http'
import https from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import zlib from 'node:zlib'
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent'
import type { Exchange, Send, Sending, Told } from '../../face/src/driver.js'
import { CERTIFICATE, brokenOff, failed, failure } from '../../face/src/driver.js'

/** The step that a request's own connection waits for, before anything of the request is sent. */
type Before = 'connect' | 'tls' | undefined

export function send({ method, url, headers, body, max_body }: Send, agents?: Agents): Exchange {
  // Looked up at each call, because msw, nock and others replace it.
  const { request } = url.startsWith('https:') ? https : http
  let sent: ClientRequest | undefined
  // Until there is a socket: an agent may have to ask a proxy for one.
  let before: Before = 'connect'
  let answered = false
  const answer = new Promise<Told>((resolve) => {
    const given: Record<string, string> = {}
    for (const [name, value] of headers) given[name] = value
    // Searched after the two slashes, because the path begins with one.
    const path = url.indexOf('/', url.indexOf('//') + 2)
    const to = addressed(url.slice(0, path))
    const agent = agents?.(to.protocol!, to.hostname!)
    const options = { ...to, path: url.slice(path), method, headers: given, ...(agent && { agent }) }
    sent = request(options, (message) => {
      answered = true
      const chunks: Uint8Array[] = []
      let length = 0
      const body = decoded(message)
      const end = (): void =>
        resolve({
          event: 'response',
          status: message.statusCode!,
          headers: pairs(message.rawHeaders),
          body: chunks.length === 1 && length <= max_body ? chunks[0]! : Buffer.concat(chunks, Math.min(length, max_body)),
          truncated: length > max_body
        })
      body.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= max_body) return
        end()
        message.destroy()
      })
      body.on('end', end)
      // If these come before the end, the connection broke.
      body.on('error', (error) => resolve(brokenOff(error))).on('close', () => resolve(brokenOff(undefined)))
    })
    sent.on('socket', (socket) => {
      const { secureConnecting, _handle: real } = socket as TLSSocket & { secureConnecting?: boolean; _handle?: object | null }
      before = undefined
      // A reused socket may take the request even if it then fails; those of msw and nock only look like sockets.
      if (sent!.reusedSocket || !real) return
      const connected = secureConnecting ? 'tls' : undefined
      before = socket.connecting ? 'connect' : connected
      socket.once('connect', () => (before = connected)).once('secureConnect', () => (before = undefined))
    })
    // An answer that switches the connection to another protocol; it is the last one.
    sent.on('upgrade', ({ statusCode, rawHeaders }, socket) => {
      socket.destroy()
      resolve({ event: 'response', status: statusCode!, headers: pairs(rawHeaders), body: Buffer.alloc(0), truncated: false })
    })
    sent.on('error', (error) => resolve(answered ? brokenOff(error) : before ? unsent(error, before) : failure(error)))
    // A connection can close without an answer or an error.
    sent.on('close', () => answered || resolve(brokenOff(undefined)))
    sent.end(body ?? undefined)
  }).catch(failure)
  return { answer, stop: () => sent?.destroy(), unsent: () => before !== undefined }
}

/** The agent for requests by a protocol to a host; the one that all of Node.js shares if there is none. */
type Agents = (protocol: string, host: string) => http.Agent | undefined

/** Sends through a proxy, and with other trusted certificates, over connections of its own. */
export function sendOver(proxy: URL | undefined, ca: string[] | undefined): Sending {
  // As the shared agent; a server may close a connection that is idle for longer.
  const kept: https.AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5_000, ...(ca && { ca }) }
  const direct = ca && new https.Agent(kept)
  // Also of a proxy by HTTPS the certificate is checked, whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const through = { ...kept, proxy: proxy!, proxyRequestOptions: { rejectUnauthorized: true, ...(ca && { ca }) } }
  const tunnel = proxy && { 'http:': new HttpProxyAgent(through), 'https:': new HttpsProxyAgent(through) }
  const agents: Agents = (protocol, host) => {
    if (tunnel !== undefined && !bypasses(proxy!, host)) return tunnel[protocol as keyof typeof tunnel]
    return protocol === 'https:' ? direct : undefined
  }
  return (request) => send(request, agents)
}

/** Goes a request past the proxy? What goes to this machine must not be read elsewhere. */
export function bypasses(proxy: URL, host: string): boolean {
  return isHere(host) && !isHere(proxy.hostname)
}

function isHere(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(host)
}

/** Decompresses a body as `fetch` does: the request does not ask for compression, but something on the way may add it. */
function decoded(message: http.IncomingMessage): Readable {
  const decoder = {
    gzip: zlib.createGunzip,
    'x-gzip': zlib.createGunzip,
    deflate: zlib.createInflate,
    br: zlib.createBrotliDecompress
  }[message.headers['content-encoding']?.toLowerCase() ?? '']
  return decoder === undefined ? message : pipeline(message, decoder(), () => {})
}

/** The failure of a request whose connection never stood, so that nothing was sent. */
function unsent(error: NodeJS.ErrnoException, before: 'connect' | 'tls'): Told {
  const { code, syscall } = error
  return failed('no', syscall === 'getaddrinfo' ? 'dns' : code === 'ETIMEDOUT' ? 'timeout' : CERTIFICATE.test(code ?? '') ? 'certificate' : before, error)
}

/** Parsed URLs, cached because parsing takes longer than a lookup; a client has one or two, tests may have many. */
const known = new Map<string, RequestOptions>()

function addressed(origin: string): RequestOptions {
  let options = known.get(origin)
  if (options === undefined) {
    const { protocol, hostname, port } = new URL(origin)
    // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
    options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, ...{ rejectUnauthorized: true } }
    if (known.size < 100) known.set(origin, options)
  }
  return options
}

/** Pairs headers as they came: repeated ones stay apart. */
function pairs(raw: string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!])
}
