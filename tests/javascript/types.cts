// Compiled, not run: the package as CommonJS sees it.
import wechatpay, { Client, type Finding } from 'wechatpay-customs'
import required = require('wechatpay-customs')

export const clients: Client[] = [new wechatpay.Client({}), new required.Client({}), new required.default.Client({})]
export const findings: Finding[] = required.check('declare', {})
export type Error = required.WechatPayError
