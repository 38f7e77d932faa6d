/** Turns what a caller gave into plain data, the same for every core; what JSON cannot express is named by its type. */
export function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : other('not a number')
    case 'object':
      break
    case 'undefined':
      return null
    default:
      return other(`a ${typeof value}`)
  }
  if (value === null) return null
  if (value instanceof Uint8Array) return Array.from(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof (value as { entries?: unknown }).entries === 'function') {
    return Array.from(value as Iterable<unknown>, plain)
  }
  const given = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(given.map(([name, member]) => [name, plain(member)]))
}

function other(type: string): object {
  return { $type: type }
}

/** `serial_no` → `serialNo`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
