// Runs vectors on a JavaScript surface: a vector per line in, a report per line out.
// The first argument is the entry file of the package under test.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { camel, optionsOf, renamed, snake, withBytes } from './vectors.mjs'

const wx = await import(pathToFileURL(process.argv[2]))

async function report(vector) {
  const { kind, operation, fields, rules, result, paid, timestamp, nonce, now } = vector
  const { response, request, given, padding } = withBytes(vector)
  const options = optionsOf(vector)
  switch (kind) {
    case 'check':
      return { findings: wx.check(operation, fields, rules) }
    case 'customs_order_fields':
      return { fields: wx.customsOrderFields(request, result, paid) }
    case 'prepare': {
      const prepared = await wx.prepare(operation, fields, options, timestamp, nonce, padding)
      return { ...prepared, authorization: prepared.headers.Authorization }
    }
    case 'parse':
      return answer(await wx.parse(operation, response, options, request, now))
    case 'explain':
      return wx.explain(given, options, request, now)
    default:
      return answer(await new wx.Client(options)[camel(operation)](fields))
  }
}

function answer({ request_id, warnings, ...value }) {
  return { value, request_id, warnings }
}

function refused(error) {
  if (!(error instanceof wx.WechatPayError)) return { unexpected: String(error?.stack ?? error) }
  return { error: { ...renamed({ ...error }, snake), message: error.message, class: error.name } }
}

for await (const line of createInterface({ input: process.stdin })) {
  const vector = JSON.parse(line)
  const outcome = await report(vector).catch(refused)
  console.log(JSON.stringify({ id: vector.id, report: outcome }))
}
