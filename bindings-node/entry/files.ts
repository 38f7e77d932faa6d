/** Loads the package's files: the addon for this platform, or the WebAssembly module in its place. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEAVE_OUTSIDE } from './outside.js'

/** The addon; or the reasons why it could not be loaded, which are empty if this platform has none. */
export function addon(): { addon: unknown } | { platform: string; reasons: string[] } {
  // Linux has two builds; the wrong one is not installed, or does not load.
  const suffixes = process.platform === 'linux' ? ['-gnu', '-musl'] : ['']
  const platform = `${process.platform}-${process.arch}`
  const reasons: string[] = []
  for (const suffix of suffixes) {
    for (const load of [built, installed]) {
      const found = load(platform + suffix)
      if (found instanceof Reason) reasons.push(found.message)
      else if (found !== undefined) return { addon: found }
    }
  }
  return { platform, reasons }
}

/** Reason why a file was not loaded. Each `require` stands within a `try`, where alone bundlers let its file be missing. */
class Reason {
  readonly message: string

  constructor(error: unknown) {
    // The other lines list the modules that required it.
    this.message = (error as Error).message.split('\n')[0]!
  }
}

/** The addon as this repository built it. */
function built(name: string): unknown {
  try {
    const file = join(__dirname, `wechatpay-customs.${name}.node`)
    return existsSync(file) ? require(file) : undefined
  } catch (error) {
    return new Reason(error)
  }
}

/** The addon as npm installed it; names are written out, because tools that copy a script's files follow only those. */
function installed(name: string): unknown {
  try {
    switch (name) {
      case 'darwin-arm64':
        return require('wechatpay-customs-darwin-arm64')
      case 'linux-arm64-gnu':
        return require('wechatpay-customs-linux-arm64-gnu')
      case 'linux-arm64-musl':
        return require('wechatpay-customs-linux-arm64-musl')
      case 'linux-x64-gnu':
        return require('wechatpay-customs-linux-x64-gnu')
      case 'linux-x64-musl':
        return require('wechatpay-customs-linux-x64-musl')
      default:
        return undefined
    }
  } catch (error) {
    return new Reason(error)
  }
}

/** Is the WebAssembly module where npm put it? */
export function complete(): boolean {
  return existsSync(join(__dirname, 'wechatpay_customs_wasm_bg.wasm'))
}

/** The module's bytes. */
export function wasm(): Uint8Array {
  if (!complete()) throw new Error(LEAVE_OUTSIDE)
  return readFileSync(join(__dirname, 'wechatpay_customs_wasm_bg.wasm'))
}
