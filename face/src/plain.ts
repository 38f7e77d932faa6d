/** Deeper than anything that the core takes. */
const DEEPEST = 64

/**
 * More values than any request or page of records has, long texts counted as several. What holds another twice, level by
 * level, would be without end.
 */
const MOST = 100_000

/**
 * What a caller gave, as JSON text, the same for every core. What JSON cannot say is named by its type, so that it ends
 * as a finding.
 */
export function json(value: unknown): string {
  return JSON.stringify(plain(value, 0, { left: MOST }))
}

/** Reads while there is room. */
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
  // Arguments and their members are read in any case, so that what is too large is found where it stands.
  if (depth < 2) return held(value, inner, room)
  const read = room.left > 0 ? held(value, inner, room) : undefined
  return room.left > 0 ? read : large()
}

/** What holds other values. */
function held(value: object, inner: (member: unknown) => unknown, room: Room): unknown {
  try {
    if (Array.isArray(value)) return value.length > MOST ? large() : value.map(inner)
    if (typeof (value as Partial<Headers>).entries === 'function') {
      // Headers, Map and the like give pairs, and some without end.
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

/** A copy of an object of the caller's, whose getters may throw; nothing if it does not even tell its members. */
export function members(value: object): Record<string, unknown> | undefined {
  try {
    // Not by setting them one by one: `__proto__` would become the prototype.
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

/** Bytes in any form, whichever realm they come from; nothing of what is none. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return /^(Shared)?ArrayBuffer$/.test(tag(value)) ? new Uint8Array(value as ArrayBuffer) : undefined
}

const SURROGATE = /\p{Surrogate}/gu

/** How many more values are read. */
interface Room {
  left: number
}

/** Is there room for a value of this length? */
function takes(room: Room, length: number, depth: number): boolean {
  const left = room.left - 1 - Math.floor(length / 1024)
  room.left = Math.max(left, 0)
  return left >= 0 || depth <= 2
}

/** The digits of a bigint, as far as anybody reads them. */
function digits(value: bigint): string {
  const text = value.toString()
  return text.length <= 80 ? text : 'a number of more than 80 digits'
}

function large(): object {
  return other('something that is too large')
}

/** Hosts of today can tell without looking at every character. */
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

/** What a value says it is, whichever realm or copy of a class it comes from. */
export function tag(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return ''
  }
}
