// Compiled against both npm packages, not run: what a user's editor and compiler make of the types.
import { createPrivateKey } from 'node:crypto'
import wechatpay, { Client, WechatPayError, check } from 'wechatpay-customs'
import type { Attempt, ClientOptions, DeclareRequest, ErrorKind, Explanation, Finding, Observed, OwnCode } from 'wechatpay-customs'

export function codes(error: WechatPayError): string {
  const kind: ErrorKind = error.kind
  switch (error.reason) {
    case null:
      break
    case 'refunded_order':
      return 'refunded'
    // @ts-expect-error The catalogue has no such reason.
    case 'refunded':
      return ''
  }
  // The service may send a code that is not documented.
  if (error.code === 'BRAND_NEW' || error.code === ('TIMEOUT' satisfies OwnCode)) return kind
  const wait: number = error.retryAfter ?? 0
  // @ts-expect-error An error is not changed.
  error.attempts = wait
  return error.findings.map(({ field, issue }) => `${field} ${issue}`).join() + error.advice?.zh
}

export function words(attempt: Attempt, explanation: Explanation, [finding]: Finding[]): boolean {
  // @ts-expect-error There is no such phase.
  if (attempt.phase === 'began') return false
  // @ts-expect-error There is no such check.
  if (explanation.failed === 'signature') return false
  // @ts-expect-error There is no such rule.
  return finding?.rule === 'too_long' || explanation.failed === 'clock' || finding?.rule === 'id_echo'
}

export async function calls(client: Client): Promise<string | undefined> {
  const order: DeclareRequest = {
    out_trade_no: '1',
    transaction_id: '2',
    // An open list.
    customs: 'ELSEWHERE',
    merchant_customs_no: '3'
  }
  // @ts-expect-error Amounts are whole fen, as numbers.
  check('declare', { ...order, order_fee: '1' } satisfies DeclareRequest)
  // @ts-expect-error There is no such operation.
  check('undeclare', order)
  // @ts-expect-error `customs` is required.
  await client.declare({ out_trade_no: '1', transaction_id: '2', merchant_customs_no: '3' })
  const { state, sub_order_id } = await client.declare(order)
  if (state === 'SUCCESS' || state === 'SOMETHING_NEW') return sub_order_id
  const [record] = (await client.query({ order_type: 'out_trade_no', order_no: '1', customs: 'NINGBO' })).data
  return record?.customs
}

export async function clients(pem: string, imported: CryptoKey): Promise<Client[]> {
  const options: ClientOptions = {
    mchid: '1230000109',
    fetch: (url, init) => fetch(url, { ...init, keepalive: true }),
    onAttempt: ({ phase, backend }: Observed) => console.log(phase, backend satisfies 'native' | 'wasm')
  }
  const observe = (attempt: Attempt) => console.log(attempt.ms)
  // @ts-expect-error A misspelt option.
  new wechatpay.Client({ serialNumber: '7F' })
  // @ts-expect-error A number is no key.
  new Client({ privateKey: 1 })
  return [pem, new TextEncoder().encode(pem), createPrivateKey(pem), imported].map(
    (privateKey) => new wechatpay.Client({ ...options, privateKey, onAttempt: observe })
  )
}
