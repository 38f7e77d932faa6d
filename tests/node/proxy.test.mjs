// Connections of a client's own: through a proxy, and with other trusted certificates, on every Node.js and Bun.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { consumers, here, options, order, programs, run, wx } from './installed.mjs'

const target = new URL(options.baseUrls[0])
const asked = []
/** A proxy that wants a password; a tunnel, or for Bun, which sends plain requests whole, a forwarded request. */
const proxy = createServer(({ method, url, headers }, response) => {
  asked.push([method, headers['proxy-authorization']])
  response.writeHead(502).end(url)
})
proxy.on('connect', ({ url, headers }, socket) => {
  asked.push(['CONNECT', headers['proxy-authorization']])
  socket.on('error', () => {})
  if (headers['proxy-authorization'] === undefined) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  const [host, port] = url.split(':')
  const through = connect(port, host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
  through.on('error', () => socket.destroy())
  socket.pipe(through).pipe(socket)
})

const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
let secure
let pem
before(async () => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  pem = readFileSync(cert, 'utf8')
  secure = createHttpsServer({ key: readFileSync(key), cert: pem }, (incoming, response) => {
    const { method, url, headers } = incoming
    const onward = request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  for (const server of [proxy, secure]) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
})
after(() => {
  for (const server of [proxy, secure]) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

const url = (password = 'merchant:secret@') => `http://${password}127.0.0.1:${proxy.address().port}`
const https = () => `https://localhost:${secure.address().port}`

for (const [name, program] of Object.entries(programs)) {
  test(`${name}: https through a proxy, with certificates of one's own`, async () => {
    asked.length = 0
    const given = { ...options, baseUrls: [https()], proxy: url(), caCertificates: pem }
    const { stdout, stderr } = await run(program, [here('proxy.mjs'), join(consumers, 'node.js')], {
      env: { OPTIONS: JSON.stringify(given), ORDER: JSON.stringify(order()) }
    })
    assert.equal(stdout, 'UNDECLARED\n', stderr)
    assert.deepEqual(asked, [['CONNECT', `Basic ${btoa('merchant:secret')}`]])
  })
}

test('plain http to this machine goes through a proxy of this machine', async () => {
  asked.length = 0
  assert.equal((await new wx.Client({ ...options, proxy: url() }).declare(order())).state, 'UNDECLARED')
  assert.equal(asked.length, 1)
})

test('and bypasses one that is elsewhere', async () => {
  const client = new wx.Client({ ...options, proxy: 'http://proxy.invalid:3128' })
  assert.equal((await client.declare(order())).state, 'UNDECLARED')
})

test('a proxy that refuses, or is not there, sends nothing', async () => {
  const refused = { code: /^(TRANSPORT|CONNECT)_FAILED$/, mayHaveBeenApplied: false }
  const closed = `http://127.0.0.1:${await free()}`
  for (const proxy of [url(''), closed]) {
    const error = await new wx.Client({ ...options, proxy }).declare(order()).catch((error) => error)
    assert.match(error.code, refused.code)
    assert.equal(error.mayHaveBeenApplied, false)
    assert.doesNotMatch(String(error.stack), /secret/)
  }
})

test('an untrusted certificate is told apart', async () => {
  const error = await new wx.Client({ ...options, baseUrls: [https()] }).declare(order()).catch((error) => error)
  assert.deepEqual([error.code, error.mayHaveBeenApplied], ['TLS_FAILED', false])
  assert.match(error.message, /certificate/)
})

test('what cannot be used is refused at once, without showing it', () => {
  for (const more of [{ proxy: 'secret' }, { proxy: 7 }, { proxy: 'ftp://secret' }, { caCertificates: 'secret' }, { caCertificates: {} }]) {
    assert.throws(() => new wx.Client({ ...options, ...more }), ({ code, message }) => code === 'INVALID_OPTION' && !message.includes('secret'))
  }
  assert.throws(() => new wx.Client({ ...options, proxy: url(), fetch }), { code: 'INVALID_OPTION', message: /`fetch`/ })
  assert.doesNotThrow(() => new wx.Client({ ...options, proxy: undefined, caCertificates: null }))
})

async function free() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
