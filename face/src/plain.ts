/** The depth beyond which values are not read: deeper than anything that the core takes. */
const DEEPEST = 64

/**
 * More values than any request or page of records has, long texts counted as several. The limit ends the reading of
 * objects that hold another twice at each level.
 */
const MOST = 100_000

/**
 * Writes a caller's value as JSON text, the same for every core. A value that JSON cannot express is named by its type, so
 * that it becomes a finding.
 */
export function json(value: unknown): string {
  return JSON.stringify(plain(value, 0, { left: MOST }))
}

/** Copies a value while there is room. */
function plain(value: unknown, depth: number, room: Room): unknown {
  if (typeof value === 'string') {
    if (!takes(room, value.length, depth)) return large()
    return wellFormed(value) ? value : other('text that is not Unicode')
  }
  const view = typeof value === 'object' ? asBytes(value) : undefined
  if (view !== undefined) return takes(room, view.length, depth) ? { $type: 'bytes', bytes: Array.from(view) } : large()
  if (!takes(room, 0, depth)) return large()
  switch (typeof value) {
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : other(Number.isNaN(value) ? 'NaN' : 'infinity')
    case 'bigint':
      return { $type: 'a bigint', text: digits(value) }
    case 'object':
      break
    case 'undefined':
      return null
    default:
      return other(`a ${typeof value}`)
  }
  if (value === null) return null
  if (depth === DEEPEST) return other('something that is too deep')
  const inner = (member: unknown): unknown => plain(member, depth + 1, room)
  // Arguments and their members are read in any case, so that a finding names the member that is too large.
  if (depth < 2) return held(value, inner, room)
  const read = room.left > 0 ? held(value, inner, room) : undefined
  return room.left > 0 ? read : large()
}

/** Copies a value that holds others. */
function held(value: object, inner: (member: unknown) => unknown, room: Room): unknown {
  try {
    if (Array.isArray(value)) return value.length > MOST ? large() : value.map(inner)
    if (typeof (value as Partial<Headers>).entries === 'function') {
      // Headers, Map and the like give pairs, some of them endlessly.
      const pairs = []
      for (const pair of (value as Headers).entries()) if (pairs.push(inner(pair)) && room.left === 0) break
      return pairs
    }
  } catch {
    return UNREADABLE
  }
  const given = members(value)
  if (given === undefined) return UNREADABLE
  const told = Object.entries(given).filter(([, member]) => member !== undefined)
  return Object.fromEntries(told.map(([name, member]) => [wellFormed(name) ? name : name.replace(SURROGATE, '\ufffd'), inner(member)]))
}

const UNREADABLE = other('something that cannot be read')

/** Copies a caller's object, whose getters may throw; `undefined` if it does not even list its members. */
export function members(value: object): Record<string, unknown> | undefined {
  try {
    // Not set one by one, because `__proto__` would become the prototype.
    return Object.fromEntries(Object.keys(value).map((name) => [name, member(value, name)]))
  } catch {
    return undefined
  }
}

function member(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name]
  } catch {
    return UNREADABLE
  }
}

/** Bytes in any form, from any realm; `undefined` for any other value. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return /^(Shared)?ArrayBuffer$/.test(tag(value)) ? new Uint8Array(value as ArrayBuffer) : undefined
}

const SURROGATE = /\p{Surrogate}/gu

/** The number of values that may still be read. */
interface Room {
  left: number
}

/** Is there room for a value of this length? */
function takes(room: Room, length: number, depth: number): boolean {
  const left = room.left - 1 - Math.floor(length / 1024)
  room.left = Math.max(left, 0)
  return left >= 0 || depth <= 2
}

/** The digits of a bigint, unless there are too many to read. */
function digits(value: bigint): string {
  const text = value.toString()
  return text.length <= 80 ? text : 'a number of more than 80 digits'
}

function large(): object {
  return other('something that is too large')
}

/** Is the text valid Unicode? Current hosts can tell without looking at every character. */
function wellFormed(text: string): boolean {
  const { isWellFormed } = text as { isWellFormed?: () => boolean }
  return isWellFormed === undefined ? text.search(SURROGATE) < 0 : isWellFormed.call(text)
}

function other(type: string): object {
  return { $type: type }
}

/** `serial_no` → `serialNo`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** The type that a value names itself, from any realm or copy of a class. */
export function tag(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return ''
  }
}
