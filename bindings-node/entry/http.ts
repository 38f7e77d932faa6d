/** Sends by the modules beneath `fetch`, in a third of its time, by the agents that all of Node.js shares. */
import http from 'node:http'
import type { ClientRequest, RequestOptions } from 'node:http'
import https from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import zlib from 'node:zlib'
import type { Exchange, Send, Told } from '../../face/src/driver.js'
import { brokenOff, failed, failure } from '../../face/src/driver.js'

/** What a connection of this request's own waits for, before anything of the request is sent. */
type Before = 'connect' | 'tls' | undefined

export function send({ method, url, headers, body, max_body }: Send): Exchange {
  // Looked up at each call, as msw, nock and others replace it.
  const { request } = url.startsWith('https:') ? https : http
  let sent: ClientRequest | undefined
  let before: Before
  let answered = false
  const answer = new Promise<Told>((resolve) => {
    const given: Record<string, string> = {}
    for (const [name, value] of headers) given[name] = value
    // Behind the two slashes, as the path begins with one.
    const path = url.indexOf('/', url.indexOf('//') + 2)
    const options = { ...addressed(url.slice(0, path)), path: url.slice(path), method, headers: given }
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
      // Without an end before, the connection broke.
      body.on('error', (error) => resolve(brokenOff(error))).on('close', () => resolve(brokenOff(undefined)))
    })
    sent.on('socket', (socket) => {
      const { secureConnecting, _handle: real } = socket as TLSSocket & { secureConnecting?: boolean; _handle?: object | null }
      // One that was used before may take the request, whatever it says then; those of msw and nock only look like sockets.
      if (sent!.reusedSocket || !real) return
      const connected = secureConnecting ? 'tls' : undefined
      before = socket.connecting ? 'connect' : connected
      socket.once('connect', () => (before = connected)).once('secureConnect', () => (before = undefined))
    })
    // An answer that makes another protocol of the connection: no other follows.
    sent.on('upgrade', ({ statusCode, rawHeaders }, socket) => {
      socket.destroy()
      resolve({ event: 'response', status: statusCode!, headers: pairs(rawHeaders), body: Buffer.alloc(0), truncated: false })
    })
    sent.on('error', (error) => resolve(answered ? brokenOff(error) : before ? unsent(error, before) : failure(error)))
    // A connection can close with neither an answer nor an error.
    sent.on('close', () => answered || resolve(brokenOff(undefined)))
    sent.end(body ?? undefined)
  }).catch(failure)
  return { answer, stop: () => sent?.destroy(), unsent: () => before !== undefined }
}

/** What nobody asked to be compressed, and was on its way, as `fetch` gives it. */
function decoded(message: http.IncomingMessage): Readable {
  const decoder = {
    gzip: zlib.createGunzip,
    'x-gzip': zlib.createGunzip,
    deflate: zlib.createInflate,
    br: zlib.createBrotliDecompress
  }[message.headers['content-encoding']?.toLowerCase() ?? '']
  return decoder === undefined ? message : pipeline(message, decoder(), () => {})
}

/** Before a connection stood nothing was sent, whatever went wrong. */
function unsent(error: NodeJS.ErrnoException, before: 'connect' | 'tls'): Told {
  const { code, syscall } = error
  return failed('no', syscall === 'getaddrinfo' ? 'dns' : code === 'ETIMEDOUT' ? 'timeout' : before, error)
}

/** What was read of URLs, as that takes longer than to find it; a client has one or two, tests may have many. */
const known = new Map<string, RequestOptions>()

function addressed(origin: string): RequestOptions {
  let options = known.get(origin)
  if (options === undefined) {
    const { protocol, hostname, port } = new URL(origin)
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, ...{ rejectUnauthorized: true } }
    if (known.size < 100) known.set(origin, options)
  }
  return options
}

/** As they came: what is there twice stays apart. */
function pairs(raw: string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!])
}
