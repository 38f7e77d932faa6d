// Vectors as JavaScript takes them.

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
export const snake = (name) => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())
export const renamed = (object, rename) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]))

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

/** Members called NAME_base64, at any depth, become bytes called NAME. */
export function withBytes(value) {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withBytes)
  const entries = Object.entries(value).map(([name, member]) =>
    name.endsWith('_base64')
      ? [name.slice(0, -'_base64'.length), bytesOf(member)]
      : [name, withBytes(member)]
  )
  return Object.fromEntries(entries)
}

/** The options of a vector, in milliseconds. */
export function optionsOf(vector) {
  const options = renamed(withBytes(vector.options ?? {}), camel)
  for (const span of ['timeout', 'deadline']) if (typeof options[span] === 'number') options[span] *= 1000
  return options
}

/** The options with the private key imported where the vector says `{ crypto_key: PEM }`. */
export async function imported(options) {
  const pem = options.privateKey?.crypto_key
  if (pem === undefined) return options
  const der = bytesOf(pem.replace(/-----.*?-----|\s/g, ''))
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return { ...options, privateKey: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']) }
}
