// Bundles scripts as users of each runtime do, so that the package's `exports` are what is asked, and starts the runtimes.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EdgeRuntime } from 'edge-runtime'
import { build as esbuild } from 'esbuild'
import { chromium } from 'playwright-core'
import { build as vite } from 'vite'

export const here = (name) => fileURLToPath(new URL(name, import.meta.url))
export const consumers = here('../../target/consumers')

/** A folder of its own beside the installed package, for as long as this process runs. */
export function folder(name) {
  const made = mkdtempSync(join(consumers, `${name}-`))
  process.once('exit', () => rmSync(made, { recursive: true }))
  return made
}

const MODULE = join(consumers, 'node_modules/wechatpay-customs-wasm/pkg/core/wechatpay_customs_wasm_bg.wasm')
const WORKERD = here('node_modules/@cloudflare/workerd-linux-64/bin/workerd')
const COMMON = { external: ['cloudflare:*'], bundle: true, format: 'esm', target: 'es2022', logLevel: 'error' }

/**
 * Starts workerd with a worker that may reach this machine alone; `send` takes the arguments of `fetch` below its address.
 * `bindings` that are text come as text, others as what they are.
 */
export async function workerd(script, bindings = {}, flags = []) {
  const into = folder('workerd')
  const conditions = ['workerd', 'worker', 'browser']
  await esbuild({ ...COMMON, entryPoints: { worker: script }, outdir: into, conditions, loader: { '.wasm': 'copy' } })
  const names = readdirSync(into).sort((name) => (name === 'worker.js' ? -1 : 1))
  const modules = names.map((name) => `(name = "${name}", ${name.endsWith('.js') ? 'esModule' : 'wasm'} = embed "${name}")`)
  const given = Object.entries(bindings).map(([name, value]) => {
    const [type, text] = typeof value === 'string' ? ['text', value] : ['json', JSON.stringify(value)]
    return `(name = "${name}", ${type} = ${JSON.stringify(text)})`
  })
  writeFileSync(
    join(into, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (compatibilityDate = "2026-11-01", compatibilityFlags = ${JSON.stringify(flags)}, modules = [${modules}], bindings = [${given}])),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
  )
  const server = spawn(WORKERD, ['serve', '--control-fd=3', 'config.capnp'], { cwd: into, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  const port = await new Promise((resolve, reject) => {
    let told = ''
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
    server.stdio[3].on('data', (more) => {
      told += more
      const line = told.split('\n').find((line) => line.includes('"listen"') && line.endsWith('}'))
      if (line !== undefined) resolve(JSON.parse(line).port)
    })
  })
  return { pid: server.pid, send: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), stop: () => server.kill() }
}

/** Starts Vercel's edge runtime; its modules are compiled outside, as Next.js does it. */
export async function edge(script) {
  const into = folder('edge')
  const outside = {
    name: 'modules compiled outside',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: 'outside' }))
      onLoad({ filter: /.*/, namespace: 'outside' }, () => ({ contents: 'export default globalThis.COMPILED' }))
    }
  }
  const outfile = join(into, 'edge.js')
  await esbuild({ ...COMMON, format: 'iife', entryPoints: [script], outfile, conditions: ['edge-light', 'worker', 'browser'], plugins: [outside] })
  const COMPILED = new WebAssembly.Module(readFileSync(MODULE))
  const runtime = new EdgeRuntime({ initialCode: readFileSync(outfile, 'utf8'), extend: (context) => Object.assign(context, { COMPILED }) })
  return { send: (path, init) => runtime.dispatchFetch(`http://edge.invalid${path}`, init), stop: () => {} }
}

/** Milliseconds after which a browser is not waited for any more; a busy machine is no reason. */
const PATIENCE = 600_000
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

/** Builds the page with Vite and opens it in Chromium; `files` are what was built. */
export async function page() {
  const outDir = folder('vite')
  await vite({ root: here('page'), configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  const files = readdirSync(outDir, { recursive: true })
  const server = createServer(({ url }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1)
    const found = files.includes(name) && TYPES[extname(name)]
    if (!found) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': found }).end(readFileSync(join(outDir, name)))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    timeout: PATIENCE,
    args: ['--no-sandbox', '--disable-background-networking']
  })
  const opened = await browser.newPage()
  opened.setDefaultTimeout(PATIENCE)
  const wrong = []
  opened.on('pageerror', (error) => wrong.push(error))
  await opened.goto(`http://127.0.0.1:${server.address().port}/`)
  return {
    page: opened,
    files: files.map((name) => basename(name)),
    wrong,
    async stop() {
      await browser.close()
      server.close()
    }
  }
}
