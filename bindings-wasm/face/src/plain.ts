/** Deeper than anything that the core takes. */
const DEEPEST = 64

/**
 * What a caller gave, as JSON text, the same for every core. What JSON cannot say is named by its type, so that it ends
 * as a finding.
 */
export function json(value: unknown): string {
  return JSON.stringify(plain(value, 0))
}

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return wellFormed(value) ? value : other('text that is not Unicode')
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
  if (depth === DEEPEST) return other('too deep')
  if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value))
  if (value instanceof Uint8Array) return Array.from(value)
  const inner = (member: unknown): unknown => plain(member, depth + 1)
  if (Array.isArray(value)) return value.map(inner)
  // Headers, Map and the like give pairs.
  if (typeof (value as Partial<Headers>).entries === 'function') return Array.from((value as Headers).entries(), inner)
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    if (member === undefined) continue
    // Set like others, it would be the prototype.
    if (name === '__proto__') Object.defineProperty(given, name, { value: inner(member), enumerable: true })
    else given[name] = inner(member)
  }
  return given
}

/** Hosts of today can tell without looking at every character. */
function wellFormed(text: string): boolean {
  const { isWellFormed } = text as { isWellFormed?: () => boolean }
  return isWellFormed === undefined ? !/\p{Surrogate}/u.test(text) : isWellFormed.call(text)
}

function other(type: string): object {
  return { $type: type }
}

/** `serial_no` → `serialNo`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** What a value says it is, whichever realm or copy of a class it comes from. */
export function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}
