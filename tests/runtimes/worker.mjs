// Answers a list of vectors with their reports.
import * as wx from '../../target/consumers/wasm.js'
import { reporter } from '../drivers/report.mjs'

const report = reporter(wx)

export default {
  async fetch(request) {
    const reports = []
    for (const vector of await request.json()) reports.push(await report(vector))
    return Response.json(reports)
  }
}
