export * from './client.js'
export * from './errors.js'
export * from './generated.js'
export type { Attempt } from './native.js'
