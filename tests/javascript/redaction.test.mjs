// Nothing that JavaScript can show of clients, answers and errors holds a secret or a person's data. REDACTION_PLAN names
// the file that says what must not be found, in which forms, and what to call.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { camel, optionsOf, withBytes } from '../conformance/drivers/vectors.mjs'

const { sentinels, cases, key_codes: keyCodes } = JSON.parse(readFileSync(process.env.REDACTION_PLAN, 'utf8'))

/** Without what differs from one way of printing to the next: blanks, letter case, and how often it was escaped. */
const squeezed = (text) => text.replace(/[\s\\]+/g, '').toLowerCase()
for (const sentinel of sentinels) sentinel.forms = sentinel.forms.map(squeezed)

function found(text) {
  const within = squeezed(text)
  return sentinels.filter(({ forms }) => forms.some((form) => within.includes(form))).map(({ name }) => name)
}

const attempt = (action) => {
  try {
    return String(action())
  } catch (error) {
    return inspect(error)
  }
}

/** Everything that a log, a test runner or an error tracker could print of a value. */
function shown(value) {
  const everything = { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity, getters: true }
  const texts = [
    inspect(value),
    inspect(value, everything),
    attempt(() => value),
    attempt(() => JSON.stringify(value)),
    attempt(() => inspect(structuredClone(value), everything))
  ]
  if (value instanceof Error) {
    texts.push(value.stack, value.message, attempt(() => JSON.stringify(Object.getOwnPropertyDescriptors(value))))
  }
  return texts.join('\n')
}

test('the search finds every form', () => {
  const bytes = (text) => new TextEncoder().encode(text)
  for (const { name, forms } of sentinels) {
    for (const form of forms) {
      const planted = Object.assign(new Error('x'), { detail: { list: [[`x${form}y`]] } })
      assert.deepEqual(found(shown(planted)), [name], form)
      assert.deepEqual(found(shown(new Error(`x${form}y`))), [name], form)
    }
  }
  const key = cases.find(({ id }) => id === 'prepare: key: good').options.private_key
  const der = Buffer.from(key.replace(/-.*-/g, ''), 'base64')
  const lines = sentinels.map(({ name }) => name).filter((name) => name.startsWith('private key'))
  for (const value of [key, { key }, der, new Uint8Array(der), [...der], { der: der.toString('hex') }, new Error(key)]) {
    assert.deepEqual(found(shown(value)), lines)
  }
  assert.deepEqual(found(shown({ deep: [{ name: '诸葛哨兵' }] })), ['name'])
  assert.deepEqual(found(shown(bytes('诸葛哨兵'))), ['name'])
  assert.deepEqual(found(shown({ certificate_name: '***' })), [])
})

for (const entry of ['bindings-node/lib/index.js', 'bindings-wasm/pkg/node.js']) {
  const url = new URL(`../../${entry}`, import.meta.url)
  const wx = await import(url)
  const leaks = []
  const codes = new Set()

  function show(at, value) {
    codes.add(value?.code)
    const names = found(shown(value))
    if (names.length > 0) leaks.push(`${at}: ${names}: ${inspect(value, { depth: 9 }).slice(0, 400)}`)
  }

  /** Shows what comes of a call, be it an answer or an error, at once or later. */
  async function showEnd(at, action) {
    try {
      const promise = action()
      show(at, await promise)
      show(at, promise)
    } catch (error) {
      show(at, error)
    }
  }

  async function run(vector) {
    const { id, kind, operation, fields, rules } = vector
    const { response, request, given } = withBytes(vector)
    const observed = (options) => ({
      ...options,
      onAttempt: (attempt) => show(id, attempt),
      fetch: (url, request) => {
        show(id, [url, request])
        return fetch(url, request)
      }
    })
    const options = observed(optionsOf(vector))
    const client = () => new wx.Client(options)
    await showEnd(id, client)
    switch (kind) {
      case 'check':
        await showEnd(id, () => wx.check(operation, fields, rules))
        return showEnd(id, () => client().check(operation, fields, rules))
      case 'explain':
        return showEnd(id, () => wx.explain(given, optionsOf(vector), request))
      case 'prepare':
        return showEnd(id, () => wx.prepare(operation, fields, options))
      case 'parse':
        return showEnd(id, () => wx.parse(operation, response, options, request))
      default:
        return showEnd(id, () => client()[camel(operation)]?.(fields))
    }
  }

  test(`${entry}: nothing shows a secret or a person`, async () => {
    show('the module', { ...wx })
    for (const vector of cases) await run(vector)

    const sound = cases.find(({ id }) => id === 'call: sound')
    const { privateKey, ...withoutKey } = optionsOf(sound)
    for (const signer of [() => { throw new Error('the signer') }, async () => Promise.reject(new Error('the signer')), () => '']) {
      await showEnd('a signer', () => new wx.Client({ ...withoutKey, signer }).verifyIdentity(sound.fields))
    }
    const onAttempt = () => { throw new Error('the observer') }
    await showEnd('an observer', () => new wx.Client({ ...optionsOf(sound), onAttempt }).verifyIdentity(sound.fields))
    const slow = cases.find(({ id }) => id === 'call: slow')
    const cancelled = { signal: AbortSignal.timeout(50) }
    await showEnd('cancelled', () => new wx.Client(optionsOf(sound)).verifyIdentity(slow.fields, cancelled))
    for (const wrong of [[optionsOf(sound)], [optionsOf(sound), sound.fields], [sound.fields, optionsOf(sound)]]) {
      await showEnd('options as fields', () => new wx.Client(optionsOf(sound)).verifyIdentity(...wrong))
    }
    for (const odd of [990000180002300075n, NaN, () => '诸葛哨兵', Symbol('诸葛哨兵'), new Map([['诸葛哨兵', '诸葛哨兵']])]) {
      show('what JSON cannot say', wx.check('verify_identity', { ...sound.fields, certificate_id: odd, certificate_name: odd }))
    }

    const lacking = keyCodes.filter((code) => !codes.has(code))
    assert.deepEqual(lacking, entry.includes('wasm') ? [] : ['PKCS12_UNSUPPORTED'], 'key errors that no case met')
    assert.deepEqual(leaks, [])
  })

  test(`${entry}: an error that nobody handles shows neither`, () => {
    for (const id of ['call: message', 'call: values', 'call: wrong signature', 'call: too long', 'prepare: key: cut off']) {
      const { kind, fields, ...vector } = cases.find((vector) => vector.id === id)
      const script = `
        const wx = await import(${JSON.stringify(url.href)})
        const [options, fields] = JSON.parse(process.env.GIVEN)
        new wx.Client(options).verifyIdentity(fields)
      `
      const env = { ...process.env, GIVEN: JSON.stringify([optionsOf(vector), fields]) }
      for (const mode of ['throw', 'warn']) {
        const arguments_ = [`--unhandled-rejections=${mode}`, '--input-type=module', '--eval', script]
        const { stdout, stderr } = spawnSync(process.execPath, arguments_, { env, encoding: 'utf8' })
        assert.match(stderr, /Error/, id)
        assert.deepEqual(found(stdout + stderr), [], `${id}: ${stderr}`)
      }
    }
  })
}
