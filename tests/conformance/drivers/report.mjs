// What a vector comes to on a JavaScript surface, in whatever runtime this is loaded.
import { camel, imported, optionsOf, renamed, snake, withBytes } from './vectors.mjs'

/** The names of the arguments of functions, in order. */
const ARGUMENTS = {
  next_step: ['record', 'wanted', 'history', 'now', 'lost'],
  plan_split: ['payment', 'parts', 'customs'],
  realtime_upload_fields: ['request', 'result', 'paid'],
  cny_fen: ['amount', 'rate', 'coupon']
}

/** A function that makes a vector's report with the package `wx`. */
export const reporter = (wx) => async (vector) => {
  const report = await reportOf(wx, vector).catch((error) => refused(wx, error))
  return { id: vector.id, report }
}

/** The reports of many, in their order; calls that need not wait for one another are made at once. */
export async function reported(report, vectors) {
  const reports = vectors.filter(({ kind }) => kind === 'at_once').map(report)
  for (const vector of vectors.filter(({ kind }) => kind !== 'at_once')) reports.push(await report(vector))
  return Promise.all(reports)
}

async function reportOf(wx, vector) {
  const { kind, operation, fields, rules, result, paid, timestamp, nonce, now } = vector
  const { response, request, given, padding } = withBytes(vector)
  const options = await imported(optionsOf(vector))
  switch (kind) {
    case 'check':
      return { findings: wx.check(operation, fields, rules) }
    case 'customs_order_fields':
      return { fields: wx.customsOrderFields(request, result, paid) }
    case 'function':
      return { gives: wx[camel(vector.function)](...ARGUMENTS[vector.function].map((name) => vector.arguments[name])) }
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

function answer({ request_id, warnings, attempts, ...value }) {
  return { value, request_id, warnings, attempts }
}

function refused(wx, error) {
  if (!(error instanceof wx.WechatPayError)) return { unexpected: String(error?.stack ?? error) }
  return { error: { ...renamed({ ...error }, snake), message: error.message, class: error.name } }
}
