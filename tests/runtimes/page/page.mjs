// Gives the test what it drives: the package, not yet loaded, and what reports a vector with it.
import * as wx from '../../../target/consumers/wasm.js'
import { reporter } from '../../conformance/drivers/report.mjs'

globalThis.wx = wx
globalThis.report = reporter(wx)
