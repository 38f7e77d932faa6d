export type { Client, ClientOptions } from './customs.js'
export type { FaultName, Faults } from './generated.js'
export { Sandbox } from './sandbox.js'
export type { Fault, Identity, Payment, Settings, StartOptions, Told } from './sandbox.js'
