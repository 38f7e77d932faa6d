// The package from its tarball: its metadata, its other ways in, and bundles that hold it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { consumers, folder, here } from './hosts.mjs'

const run = promisify(execFile)
const installed = join(consumers, 'node_modules/wechatpay-customs-wasm')
const dist = here('../../dist')
const tarball = join(dist, readdirSync(dist).find((name) => name.startsWith('wechatpay-customs-wasm-')))
const bytes = readFileSync(join(installed, 'pkg/core/wechatpay_customs_wasm_bg.wasm'))
const load = (path) => import(pathToFileURL(path))

/** A copy of the package, whose modules nobody has loaded yet. */
async function fresh(entry) {
  const into = folder('copy')
  cpSync(installed, into, { recursive: true })
  return load(join(into, 'pkg', entry))
}

test('publint has nothing to remark', async () => {
  const { stdout } = await run(here('node_modules/.bin/publint'), ['run', '--strict', tarball])
  assert.match(stdout, /All good/)
})

test('the types are what each kind of importer finds', async () => {
  await run(here('node_modules/.bin/attw'), ['--profile', 'esm-only', '--no-definitely-typed', tarball])
})

test('scripts are shipped without comments, declarations with them', () => {
  const files = readdirSync(installed, { recursive: true })
  const scripts = files.filter((name) => name.endsWith('.js'))
  assert.ok(scripts.length === 9)
  for (const name of scripts) assert.doesNotMatch(readFileSync(join(installed, name), 'utf8'), /^\s*(\/\/|\/\*)/m, name)
  assert.match(readFileSync(join(installed, 'pkg/face/client.d.ts'), 'utf8'), /\/\*\* Declares to customs/)
})

test('slim is loaded with a module of the user’s, and says so before', async () => {
  const wx = await fresh('slim.js')
  assert.throws(() => wx.check('declare', {}), /await init\(\)/)
  await assert.rejects(wx.init(), /await init\(module\)/)
  await assert.rejects(wx.init(bytes.subarray(0, 1000)), WebAssembly.CompileError)
  assert.throws(() => wx.check('declare', {}), /await init\(\)/)
  const loading = wx.init(bytes)
  const again = wx.init(bytes)
  await Promise.all([loading, again])
  await wx.init()
  assert.equal(wx.check('declare', {}).length, 6)
})

test('a compiled module is there at once', async () => {
  const wx = await fresh('slim.js')
  const loading = wx.init(new WebAssembly.Module(bytes))
  assert.equal(wx.check('declare', {}).length, 6)
  await loading
})

test('an answer, and a promise of one, are loaded too', async () => {
  const answer = () => new Response(bytes, { headers: { 'content-type': 'application/wasm' } })
  for (const source of [answer(), Promise.resolve(answer()), `data:application/wasm;base64,${bytes.toString('base64')}`]) {
    const wx = await fresh('slim.js')
    await wx.init(source)
    assert.equal(wx.check('declare', {}).length, 6)
  }
})

test('an unknown host asks for the file beside the script; what failed can be tried otherwise', async () => {
  const wx = await fresh('default.js')
  // Node.js fetches no files.
  await assert.rejects(wx.init(), /fetch failed/)
  assert.throws(() => wx.check('declare', {}), /await init\(\)/)
  await wx.init(bytes)
  assert.equal(wx.check('declare', {}).length, 6)
})

test('two copies in one process work beside each other, and know each other’s errors', async () => {
  const [one, other] = [await fresh('node.js'), await fresh('node.js')]
  const caught = (wx) => {
    try {
      return wx.check('declair', {})
    } catch (error) {
      return error
    }
  }
  const [mine, theirs] = [caught(one), caught(other)]
  assert.ok(mine instanceof one.InputError && !(theirs instanceof one.WechatPayError))
  assert.ok(one.isWechatPayError(mine) && one.isWechatPayError(theirs))
  for (const not of [new Error(), null, undefined, 'x', {}]) assert.equal(one.isWechatPayError(not), false)
  // The same entry again, as a bundler that sees two paths to it would load it.
  const again = await import(`${pathToFileURL(join(installed, 'pkg/node.js'))}?again`)
  const first = await load(join(installed, 'pkg/node.js'))
  assert.equal(first.check('declare', {}).length, again.check('declare', {}).length)
})

/** A bundle of a script that prints how many findings it got. */
async function bundled(script, options) {
  const into = folder('esbuild')
  writeFileSync(join(into, 'script.mjs'), script)
  const common = { bundle: true, format: 'esm', logLevel: 'error', minify: true, target: 'es2022' }
  await build({ ...common, entryPoints: [join(into, 'script.mjs')], outfile: join(into, 'out.mjs'), ...options })
  const { stdout } = await run('node', [join(into, 'out.mjs')])
  return { told: stdout.trim(), into }
}

test('esbuild puts the module into one file with slim', async () => {
  const script = `
    import module from 'wechatpay-customs-wasm/module.wasm'
    import { check, init, KeyMaterialError, Client } from 'wechatpay-customs-wasm/slim'
    await init(module)
    try {
      new Client({ mchid: '1230000109', serialNo: '7F' })
    } catch (error) {
      console.log(check('declare', {}).length, error.name)
    }`
  const { told, into } = await bundled(script, { loader: { '.wasm': 'binary' }, platform: 'neutral' })
  assert.equal(told, '6 KeyMaterialError')
  assert.deepEqual(readdirSync(into).sort(), ['out.mjs', 'script.mjs'])
})

test('a build for Node.js leaves the package outside', async () => {
  const script = `import { check } from 'wechatpay-customs-wasm'; console.log(check('declare', {}).length)`
  const { told } = await bundled(script, { platform: 'node', packages: 'external' })
  assert.equal(told, '6')
})
