// Real servers that fail a client in every way that a runtime may tell apart, and how many requests each was given.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key, and a certificate for localhost that nobody trusts, made by OpenSSL. */
function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'wechatpay-customs-'))
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject]
    execFileSync('openssl', made, { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Starts them all; `urls` by the name of what is wrong, `requests` counts what arrived whole. */
export async function failing() {
  const requests = {}
  const answer = (name) => (_, response) => {
    requests[name] += 1
    response.end('{}')
  }
  /** Speaks as it is told once something has come. */
  const speaking = (name, speak) => (socket) => {
    socket.on('error', () => {}).once('data', () => {
      requests[name] += 1
      speak(socket)
    })
  }
  const stack = (name, body) => createServer(speaking(name, body))
  const servers = {
    untrusted: ['https', createHttpsServer(selfSigned(), answer('untrusted'))],
    'not TLS': ['https', createHttpServer(answer('not TLS'))],
    // Takes the connection and says nothing, so that no secure connection comes to be.
    'silent before TLS': ['https', createServer((socket) => socket.on('error', () => {}).resume())],
    'closed in the handshake': ['https', stack('closed in the handshake', (socket) => socket.destroy())],
    'closed after the request': ['http', stack('closed after the request', (socket) => socket.destroy())],
    'silent after the request': ['http', stack('silent after the request', () => {})],
    'kept open': [
      'http',
      // The second request on a connection closes it.
      createServer((socket) => {
        let seen = 0
        socket.on('error', () => {}).on('data', (data) => {
          if (!data.includes('POST ')) return
          requests['kept open'] += 1
          if ((seen += 1) > 1) socket.destroy()
          else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
        })
      })
    ],
    'broken off': [
      'http',
      stack('broken off', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'))
    ],
    'no HTTP': ['http', stack('no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2 ID 110101199003074477\r\n'))],
    'big headers': [
      'http',
      stack('big headers', (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(200_000)}\r\ncontent-length: 0\r\n\r\n`))
    ],
    switching: [
      'http',
      // The connection is left open: nothing more comes.
      stack('switching', (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'))
    ]
  }
  const urls = {}
  const sockets = new Set()
  for (const [name, [scheme, server]] of Object.entries(servers)) {
    requests[name] = 0
    server.on('connection', (socket) => sockets.add(socket))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    urls[name] = `${scheme}://127.0.0.1:${server.address().port}`
  }
  // A port that nobody listens on any more.
  const gone = createServer()
  await new Promise((resolve) => gone.listen(0, '127.0.0.1', resolve))
  urls.refused = `http://127.0.0.1:${gone.address().port}`
  await new Promise((resolve) => gone.close(resolve))
  urls['no such name'] = 'https://wechatpay-customs.invalid'
  const stop = () => {
    for (const [, server] of Object.values(servers)) server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { urls, requests, stop }
}
