// Vectors as JavaScript takes them.

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
export const snake = (name) => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())
export const renamed = (object, rename) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]))

/** Members called NAME_base64, at any depth, become bytes called NAME. */
export function withBytes(value) {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(withBytes)
  const entries = Object.entries(value).map(([name, member]) =>
    name.endsWith('_base64')
      ? [name.slice(0, -'_base64'.length), new Uint8Array(Buffer.from(member, 'base64'))]
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
