/** Sends by the modules beneath `fetch`, in a third of its time, by the agents that all of Node.js shares. */
import http from 'node:http'
import type { ClientRequest, RequestOptions } from 'node:http'
import https from 'node:https'
import type { Exchange, Send } from '../../bindings-wasm/face/src/driver.js'
import { BROKEN_OFF, failure } from '../../bindings-wasm/face/src/driver.js'
import type { Event } from '../../bindings-wasm/face/src/generated_engine.js'

export function send({ method, url, headers, body, max_body }: Send): Exchange {
  // Looked up at each call, as msw, nock and others replace it.
  const { request } = url.startsWith('https:') ? https : http
  let sent: ClientRequest | undefined
  const answer = new Promise<Event>((resolve) => {
    let answered = false
    const given: Record<string, string> = {}
    for (const [name, value] of headers) given[name] = value
    // Behind the two slashes, as the path begins with one.
    const path = url.indexOf('/', url.indexOf('//') + 2)
    sent = request({ ...addressed(url.slice(0, path)), path: url.slice(path), method, headers: given }, (message) => {
      answered = true
      const chunks: Uint8Array[] = []
      let length = 0
      const end = (): void =>
        resolve({
          event: 'response',
          status: message.statusCode!,
          headers: pairs(message.rawHeaders),
          body: chunks.length === 1 && length <= max_body ? chunks[0]! : Buffer.concat(chunks, Math.min(length, max_body)),
          truncated: length > max_body
        })
      message.on('data', (chunk: Uint8Array) => {
        chunks.push(chunk)
        length += chunk.length
        if (length <= max_body) return
        end()
        message.destroy()
      })
      message.on('end', end)
      // Without an end before, the connection broke.
      message.on('close', () => resolve(BROKEN_OFF)).on('error', () => resolve(BROKEN_OFF))
    })
    sent.on('error', (error) => resolve(answered ? BROKEN_OFF : failure(error))).end(body ?? undefined)
  }).catch(failure)
  return { answer, stop: () => sent?.destroy() }
}

/** What was read of URLs, as that takes longer than to find it; a client has one or two, tests may have many. */
const known = new Map<string, RequestOptions>()

function addressed(origin: string): RequestOptions {
  let options = known.get(origin)
  if (options === undefined) {
    const { protocol, hostname, port } = new URL(origin)
    options = { protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port }
    if (known.size < 100) known.set(origin, options)
  }
  return options
}

/** As they came: what is there twice stays apart. */
function pairs(raw: string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!])
}
