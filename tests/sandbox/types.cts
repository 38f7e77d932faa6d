// Compiled, not run: the same by `require`.
import { Sandbox, type Client } from 'wechatpay-customs-sandbox'

export async function declared(): Promise<string> {
  const sandbox: Sandbox = await Sandbox.start()
  const client: Client = sandbox.client()
  // @ts-expect-error An amount is a number.
  client.check('declare', { duty: 4 }, 5)
  const { state } = await client.declare({ out_trade_no: '1', transaction_id: '2', customs: 'NINGBO', merchant_customs_no: '3' })
  return state
}
