// Bundlers and tracers over the npm packages, which must stay outside of what most of them make for Node.js; who takes them in is told.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { after, test } from 'node:test'
import { nodeFileTrace } from '@vercel/nft'
import commonjs from '@rollup/plugin-commonjs'
import resolve from '@rollup/plugin-node-resolve'
import esbuild from 'esbuild'
import { rollup } from 'rollup'
import { build as vite } from 'vite'
import webpack from 'webpack'
import { consumers, here, options, order, run } from '../node/installed.mjs'

const folder = mkdtempSync(join(consumers, 'bundlers-'))
after(() => rmSync(folder, { recursive: true }))

/** A script that makes a call with one of the packages. */
function writes(name, from) {
  const file = join(folder, name)
  const client = `const client = new Client(JSON.parse(process.env.OPTIONS))
client.declare(JSON.parse(process.env.ORDER)).then(({ state }) => console.log(state, client.backend))
`
  const imported = name.endsWith('.cjs') ? `const { Client } = require('${from}')` : `import { Client } from '${from}'`
  writeFileSync(file, `${imported}\n${client}`)
  return file
}

const SCRIPTS = {
  'wechatpay-customs': writes('script.mjs', 'wechatpay-customs'),
  'wechatpay-customs-wasm': writes('script-wasm.mjs', 'wechatpay-customs-wasm')
}

/** Ways to bundle a script, in ES modules or CommonJS, with some packages outside; each gives the file to run. */
const tools = {
  async esbuild(script, out, format, external) {
    const outfile = join(out, `bundle.${format}`)
    await esbuild.build({ entryPoints: [script], outfile, bundle: true, platform: 'node', format: format === 'mjs' ? 'esm' : 'cjs', external, logLevel: 'error' })
    return outfile
  },

  async webpack(script, path, format, external) {
    const stats = await new Promise((resolve, reject) => {
      const externals = Object.fromEntries(external.map((name) => [name, `${name.endsWith('wasm') ? 'module' : 'commonjs'} ${name}`]))
      const output = { path, filename: `bundle.${format}`, module: format === 'mjs' }
      // Minified, it would be one line, which Node.js prints before the error.
      const more = { optimization: { minimize: false }, experiments: { outputModule: format === 'mjs' } }
      webpack({ entry: script, target: 'node', mode: 'production', externals, output, ...more }, (error, stats) => (error ? reject(error) : resolve(stats)))
    })
    assert.ok(!stats.hasErrors(), stats.toString())
    return join(path, `bundle.${format}`)
  },

  async rollup(script, out, format, external) {
    const plugins = [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs()]
    const bundle = await rollup({ input: script, external, plugins, onwarn() {} })
    const file = join(out, `bundle.${format}`)
    await bundle.write({ file, format: format === 'mjs' ? 'es' : 'cjs' })
    return file
  },

  async vite(script, outDir, format, external) {
    const ssr = external.length > 0 ? { external } : { noExternal: true }
    await vite({ root: folder, configFile: false, logLevel: 'error', build: { ssr: script, outDir }, ssr })
    return join(outDir, readdirSync(outDir).find((name) => name.endsWith('js')))
  },

  async ncc(script, out, format, external) {
    const args = ['build', script, '--out', out, ...external.flatMap((name) => ['--external', name])]
    const { stdout, stderr, code } = await run(process.execPath, [here('../bundlers/node_modules/@vercel/ncc/dist/ncc/cli.js'), ...args])
    assert.equal(code, 0, stdout + stderr)
    return join(out, `index.${format}`)
  }
}

const env = () => ({ OPTIONS: JSON.stringify(options), ORDER: JSON.stringify(order()) })
const made = (tool) => mkdtempSync(join(folder, `${tool}-`))

/** What the words that a bundle ends with have for each of the tools. */
const HOW = {
  esbuild: 'esbuild `--external:wechatpay-customs`',
  webpack: "webpack `externals: { 'wechatpay-customs': 'commonjs wechatpay-customs' }`",
  rollup: "Rollup `external: ['wechatpay-customs']`",
  vite: "Vite `ssr: { external: ['wechatpay-customs'] }`",
  ncc: 'ncc `--external wechatpay-customs`'
}

for (const [tool, format] of [
  ['esbuild', 'cjs'],
  ['esbuild', 'mjs'],
  ['webpack', 'cjs'],
  ['webpack', 'mjs'],
  ['rollup', 'cjs'],
  ['rollup', 'mjs'],
  ['vite', 'mjs'],
  ['ncc', 'mjs']
]) {
  test(`${tool}, ${format}: with the package outside it runs on the addon`, async () => {
    const file = await tools[tool](SCRIPTS['wechatpay-customs'], made(tool), format, ['wechatpay-customs'])
    assert.ok(readFileSync(file).length < 5_000)
    const { stdout, stderr, code } = await run(process.execPath, [file], { env: env() })
    assert.deepEqual([stdout, stderr, code], ['UNDECLARED native\n', '', 0])
  })

  test(`${tool}, ${format}: with the package inside it says how to leave it outside`, async () => {
    const file = await tools[tool](SCRIPTS['wechatpay-customs'], made(tool), format, [])
    const { stdout, stderr, code } = await run(process.execPath, [file], { env: env() })
    assert.deepEqual([stdout, code], ['', 1])
    const said = stderr.split('\n').find((line) => line.startsWith('Error: wechatpay-customs does not find its addon'))
    assert.ok(said?.includes(HOW[tool]), stderr)
  })

  test(`${tool}, ${format}: the WebAssembly package inside brings its module, or says how to leave it outside`, async () => {
    const file = await tools[tool](SCRIPTS['wechatpay-customs-wasm'], made(tool), format, [])
    const { stdout, stderr, code } = await run(process.execPath, [file], { env: env() })
    if (['webpack', 'ncc'].includes(tool)) return assert.deepEqual([stdout, stderr, code], ['UNDECLARED wasm\n', '', 0])
    assert.deepEqual([stdout, code], ['', 1])
    assert.match(stderr, /^Error: wechatpay-customs-wasm does not find its module.* Leave the package external .* `wechatpay-customs-wasm\/slim`/m)
  })
}

/** Runs a CommonJS script where nothing but its folder is at hand. */
async function elsewhere(made, name) {
  const apart = mkdtempSync(join(tmpdir(), 'bundlers-'))
  cpSync(made, apart, { recursive: true })
  try {
    return await run(process.execPath, [join(apart, name)], { env: env() })
  } finally {
    rmSync(apart, { recursive: true })
  }
}

const required = writes('script.cjs', 'wechatpay-customs')

test('ncc copies the addon beside a CommonJS bundle, which then runs by itself', async () => {
  const out = made('ncc')
  const file = await tools.ncc(required, out, 'cjs', [])
  const { stdout, stderr, code } = await elsewhere(out, basename(file))
  assert.deepEqual([stdout, stderr, code], ['UNDECLARED native\n', '', 0])
})

for (const from of [SCRIPTS['wechatpay-customs'], required]) {
  test(`nft finds what ${basename(from)} needs, addon and WebAssembly module`, async () => {
    const { fileList } = await nodeFileTrace([from], { base: consumers })
    const traced = mkdtempSync(join(folder, 'nft-'))
    for (const file of fileList) cpSync(join(consumers, file), join(traced, file))
    const { stdout, stderr, code } = await elsewhere(traced, relative(consumers, from))
    assert.deepEqual([stdout, stderr, code], ['UNDECLARED native\n', '', 0])

    rmSync(join(traced, 'node_modules/wechatpay-customs-linux-x64-gnu'), { recursive: true })
    const without = await elsewhere(traced, relative(consumers, from))
    assert.equal(without.stdout, 'UNDECLARED wasm\n')
    assert.match(without.stderr, /\[WECHATPAY_CUSTOMS_NO_ADDON\] Warning: .* no addon for linux-x64: Cannot find module 'wechatpay-customs-linux-x64-gnu'/)
  })
}
