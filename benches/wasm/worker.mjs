// What is measured, as a worker that Node.js runs too: a request names the work and how often it is to be done.
// Nothing of the package is loaded before the first work that needs it.
import { Client } from '../../target/consumers/wasm.js'

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

let given
let client
let keys

/** Ours; the clock stands where the answer was signed. */
const ours = () => (client ??= new Client({ ...given.options, clock: () => given.now * 1000 }))

/** The bare keys, imported once as ours are. Only what is finished is kept, as a request may not wait for another's. */
async function bare() {
  const { subtle } = crypto
  return (keys ??= {
    own: await subtle.importKey('pkcs8', bytes(given.pkcs8), RSA, false, ['sign']),
    platform: await subtle.importKey('spki', bytes(given.spki), RSA, false, ['verify']),
    request: bytes(given.request),
    answer: bytes(given.answer),
    signature: bytes(given.signature)
  })
}

const work = {
  async nothing() {},
  async sign() {
    const { own, request } = keys ?? (await bare())
    return crypto.subtle.sign(RSA.name, own, request)
  },
  async prepare() {
    return ours().prepare('declare', given.fields, given.now, given.nonce)
  },
  async verify() {
    const { platform, answer, signature } = keys ?? (await bare())
    return crypto.subtle.verify(RSA.name, platform, signature, answer)
  },
  async parse() {
    return ours().parse('declare', given.response)
  },
  async call() {
    return ours().declare(given.fields)
  },
  /** As little as a signed call can be: nothing is checked, built or compared. */
  async bareCall() {
    await work.sign()
    const answer = await fetch(given.options.baseUrls[0], { method: 'POST', body: given.body })
    const { platform, signature } = keys
    await crypto.subtle.verify(RSA.name, platform, signature, await answer.arrayBuffer())
  }
}

export default {
  async fetch(request) {
    const [name, argument] = await request.json()
    if (name === 'given') given = argument
    else for (let time = 0; time < argument; time += 1) await work[name]()
    return new Response()
  }
}
