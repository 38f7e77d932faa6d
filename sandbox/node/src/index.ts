export type { Client, ClientOptions } from './customs.js'
export { Sandbox } from './sandbox.js'
export type { Fault, Identity, Payment, Settings, StartOptions } from './sandbox.js'
