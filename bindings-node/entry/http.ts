/** What the driver needs of `fetch`, in a third of its time, by the agents that all of Node.js shares. */
import http from 'node:http'
import https from 'node:https'

/** The driver gives all members, and headers as pairs. */
export interface Init {
  method: string
  headers: [string, string][]
  body: string | null
  signal: AbortSignal
}

export function send(url: string, { method, headers, body, signal }: Init): Promise<object> {
  // Looked up at each call, as msw, nock and others replace it.
  const { request } = url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(headers) }, (message) => {
      const chunks = message[Symbol.asyncIterator]()
      const reader = { read: () => chunks.next(), cancel: async () => void message.destroy() }
      resolve({ status: message.statusCode, headers: pairs(message.rawHeaders), body: { getReader: () => reader } })
    })
    signal.addEventListener('abort', () => sent.destroy())
    sent.on('error', reject).end(body ?? undefined)
  })
}

/** As they came: what is there twice stays apart. */
function pairs(raw: string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!])
}
