// Answers a list of vectors with their reports.
import * as wx from '../../target/consumers/wasm.js'
import { reported, reporter } from '../conformance/drivers/report.mjs'

const report = reporter(wx)

export default {
  async fetch(request) {
    return Response.json(await reported(report, await request.json()))
  }
}
