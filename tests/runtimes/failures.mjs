// Prints, a line each, how calls to the URLs in FAILING fail, with the package that the first argument names.
const [file] = globalThis.Deno?.args ?? process.argv.slice(2)
const { env } = (await import('node:process')).default
const wx = await import(file)
const options = JSON.parse(env.OPTIONS)
const order = {
  out_trade_no: '2026112700001',
  transaction_id: '4200000000202611270000000001',
  customs: 'SHANGHAI_ZS',
  merchant_customs_no: 'IC2N000001'
}

for (const [name, url] of Object.entries(JSON.parse(env.FAILING))) {
  const client = new wx.Client({ ...options, baseUrls: [url], timeout: name.startsWith('silent') ? 300 : 20_000 })
  // A connection that is used again tells nothing of what came before it.
  if (name === 'kept open') await client.declare(order).catch(() => {})
  const error = await client.declare(order).catch((error) => error)
  const { code, mayHaveBeenApplied, retryable, status, cause } = error
  console.log(JSON.stringify({ name, code, applied: mayHaveBeenApplied, retryable, status, cause: cause === undefined ? null : String(cause) }))
}
