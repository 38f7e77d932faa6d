// How a sandbox is used with Vitest. Runs in a folder below the one that has the packages from their tarballs.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Sandbox } from 'wechatpay-customs-sandbox'

/** @type {Sandbox} */
let sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
})
beforeEach(() => sandbox.reset())
afterAll(() => sandbox.stop())

const order = (number) => ({
  out_trade_no: number,
  transaction_id: '4200000000202611220000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
})

describe('a shop', () => {
  test('declares, and is cleared after three minutes', async () => {
    const client = sandbox.client()
    await expect(client.declare(order('vitest-1'))).resolves.toMatchObject({ state: 'UNDECLARED' })
    await sandbox.advance(180)
    const { data } = await client.query({ order_type: 'out_trade_no', order_no: 'vitest-1', customs: 'SHANGHAI_ZS' })
    expect(data).toMatchObject([{ state: 'SUCCESS' }])
  })

  test('sees what a rate limit is like', async () => {
    await sandbox.fault('rate_limited', { retry_after: 2, operation: 'declare' })
    await expect(sandbox.client().declare(order('vitest-2'), { maxRetries: 0 })).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 2000 })
    await sandbox.fault('drop_before')
  })

  test('does not meet a fault that another test has left', async () => {
    await expect(sandbox.client().declare(order('vitest-2'))).resolves.toMatchObject({ state: 'UNDECLARED' })
  })
})
