// Bundlers and tracers over the Node.js package, which must stay outside of what they make; who takes it in is told.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
const script = join(folder, 'script.mjs')
const SCRIPT = `import { Client } from 'wechatpay-customs'
const client = new Client(JSON.parse(process.env.OPTIONS))
client.declare(JSON.parse(process.env.ORDER)).then(({ state }) => console.log(state, client.backend))
`
writeFileSync(script, SCRIPT)

/** What the words that a bundle ends with have for each of the tools. */
const HOW = {
  esbuild: 'esbuild `--external:wechatpay-customs`',
  webpack: "webpack `externals: { 'wechatpay-customs': 'commonjs wechatpay-customs' }`",
  rollup: "Rollup `external: \\['wechatpay-customs'\\]`",
  vite: "Vite `ssr: { external: \\['wechatpay-customs'\\] }`",
  ncc: 'ncc `--external wechatpay-customs`'
}

/** A way to bundle: makes a file in `out` of the script, with the package outside or not. */
const ways = {
  esbuild: {
    cjs: (out, outside) => byEsbuild(join(out, 'bundle.cjs'), outside),
    esm: (out, outside) => byEsbuild(join(out, 'bundle.mjs'), outside, 'esm')
  },
  webpack: {
    cjs: (out, outside) => byWebpack(out, 'bundle.cjs', { externals: outside ? { 'wechatpay-customs': 'commonjs wechatpay-customs' } : {} }),
    esm: (out, outside) =>
      byWebpack(out, 'bundle.mjs', {
        externals: outside ? { 'wechatpay-customs': 'commonjs wechatpay-customs' } : {},
        experiments: { outputModule: true }
      })
  },
  rollup: {
    cjs: (out, outside) => byRollup(join(out, 'bundle.cjs'), outside),
    esm: (out, outside) => byRollup(join(out, 'bundle.mjs'), outside)
  },
  vite: { esm: (out, outside) => byVite(out, outside) },
  ncc: { cjs: (out, outside) => byNcc(out, outside) }
}

async function byEsbuild(outfile, outside, format) {
  const external = outside ? ['wechatpay-customs'] : []
  await esbuild.build({ entryPoints: [script], outfile, bundle: true, platform: 'node', format, external, logLevel: 'error' })
  return outfile
}

async function byWebpack(path, filename, more) {
  const stats = await new Promise((resolve, reject) => {
    const output = { path, filename, module: more.experiments?.outputModule }
    // Minified, it would be one line, which Node.js prints before the error.
    const optimization = { minimize: false }
    webpack({ entry: script, target: 'node', mode: 'production', optimization, output, ...more }, (error, stats) => (error ? reject(error) : resolve(stats)))
  })
  assert.ok(!stats.hasErrors(), stats.toString())
  return join(path, filename)
}

async function byRollup(file, outside) {
  const plugins = [resolve({ preferBuiltins: true }), commonjs()]
  const bundle = await rollup({ input: script, external: outside ? ['wechatpay-customs'] : [], plugins, onwarn() {} })
  await bundle.write({ file, format: file.endsWith('.cjs') ? 'cjs' : 'es' })
  return file
}

async function byVite(outDir, outside) {
  await vite({
    root: folder,
    configFile: false,
    logLevel: 'error',
    build: { ssr: script, outDir },
    ssr: outside ? { external: ['wechatpay-customs'] } : { noExternal: true }
  })
  return ['script.js', 'script.mjs'].map((name) => join(outDir, name)).find(existsSync)
}

async function byNcc(out, outside, from = script) {
  const args = ['build', from, '--out', out, ...(outside ? ['--external', 'wechatpay-customs'] : [])]
  const { stdout, stderr, code } = await run(process.execPath, [here('../bundlers/node_modules/@vercel/ncc/dist/ncc/cli.js'), ...args])
  assert.equal(code, 0, stdout + stderr)
  return ['index.cjs', 'index.js', 'index.mjs'].map((name) => join(out, name)).find(existsSync)
}

const env = () => ({ OPTIONS: JSON.stringify(options), ORDER: JSON.stringify(order()) })

for (const [tool, formats] of Object.entries(ways)) {
  for (const [format, bundle] of Object.entries(formats)) {
    test(`${tool}, ${format}: with the package outside it runs on the addon`, async () => {
      const file = await bundle(mkdtempSync(join(folder, `${tool}-`)), true)
      assert.ok(readFileSync(file).length < 5_000)
      const { stdout, stderr, code } = await run(process.execPath, [file], { env: env() })
      assert.deepEqual([stdout, stderr, code], ['UNDECLARED native\n', '', 0])
    })

    test(`${tool}, ${format}: with the package inside it says how to leave it outside`, async () => {
      const file = await bundle(mkdtempSync(join(folder, `${tool}-`)), false)
      const { stdout, stderr, code } = await run(process.execPath, [file], { env: env() })
      assert.deepEqual([stdout, code], ['', 1])
      assert.match(stderr, new RegExp(`^Error: wechatpay-customs does not find its addon .* ${HOW[tool]}`, 'm'))
    })
  }
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

const required = join(folder, 'script.cjs')
writeFileSync(required, SCRIPT.replace(/import (.*) from (.*)/, 'const $1 = require($2)'))

test('ncc copies the addon beside a CommonJS bundle, which then runs by itself', async () => {
  const out = mkdtempSync(join(folder, 'ncc-'))
  const file = await byNcc(out, false, required)
  const { stdout, stderr, code } = await elsewhere(out, basename(file))
  assert.deepEqual([stdout, stderr, code], ['UNDECLARED native\n', '', 0])
})

for (const from of [script, required]) {
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
