// Compiled, not run: what a user's compiler makes of the types, whichever client is installed.
import { Sandbox, type Client, type Fault, type FaultName, type StartOptions } from 'wechatpay-customs-sandbox'

const options: StartOptions = { port: 0, seed: 1, speed: 60, log: true }
export const sandbox: Sandbox = await Sandbox.start(options)
// @ts-expect-error There is no such option.
await Sandbox.start({ colour: 'red' })
const client: Client = sandbox.client({ timeout: 1_000, onAttempt: ({ phase }) => void phase })
// @ts-expect-error There is no such option.
sandbox.client({ serialNumber: '7F' })
const { state } = await client.declare({
  out_trade_no: '1',
  transaction_id: '2',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: '3'
})
export const word: string = state
// @ts-expect-error An amount is a number.
await client.declare({ out_trade_no: '1', transaction_id: '2', customs: 'NINGBO', merchant_customs_no: '3', duty: '4' })
export const now: number = await sandbox.advance(60)
export const { literal }: { literal: boolean } = await sandbox.settings({ wrong_amount: 'PARAM_ERROR' })
await sandbox.fault('rate_limited', { retry_after: 2, order: '1', operation: 'declare', times: 2 })
await sandbox.fault('drop_after')
await sandbox.fault('state', { state: 'EXCEPT', order: '1' })
await sandbox.fault('state', { state: 'EXCEPT', ago_s: 86_400, pushes: 2 })
await sandbox.fault('late_record', { seconds: 60, answered: false })
await sandbox.fault('rival', { duty: 7, operation: 'modify' })
export const changed: number = await sandbox.change({ out_trade_no: '1', duty: 7 })
await sandbox.fault('error', { refusal: 'refunded_order' })
// @ts-expect-error There is no such fault.
await sandbox.fault('nosuch')
// @ts-expect-error It has no such parameter.
await sandbox.fault('slow', { seconds: 1 })
// @ts-expect-error It has none at all.
await sandbox.fault('drop_after', { ms: 1 })
// @ts-expect-error A state must be given.
await sandbox.fault('state')
// @ts-expect-error There is no such operation.
await sandbox.fault('drop_after', { operation: 'declaer' })
// @ts-expect-error There is no such documented refusal.
await sandbox.fault('error', { refusal: 'nosuch' })
const fault: FaultName = 'slow'
const waiting: Fault[] = await sandbox.faults()
export const delays: (number | undefined)[] = waiting.map((waits) => (waits.fault === fault ? waits.ms : undefined))
await sandbox.reset()
await sandbox[Symbol.asyncDispose]()
