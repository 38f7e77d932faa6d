/** The program that this package carries. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Names a program of one's own, in place of the one that the package carries. */
export const VARIABLE = 'WECHATPAY_CUSTOMS_SANDBOX'

/** The path of the program for this platform. */
export function program(): string {
  const own = process.env[VARIABLE]
  if (own) return own
  const wanted = platforms()
  for (const name of wanted) {
    const file = join(__dirname, '../bin', name, `wechatpay-customs-sandbox${process.platform === 'win32' ? '.exe' : ''}`)
    if (existsSync(file)) return file
  }
  throw new Error(
    `wechatpay-customs-sandbox carries no program for ${wanted[0]}; build one with ` +
      `\`cargo install wechatpay-customs-sandbox\` and name it in the option \`program\` or in ${VARIABLE}`
  )
}

/** The names of programs that run here, the best first. */
function platforms(): string[] {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return [`${name}-gnu`, `${name}-msvc`]
  if (process.platform !== 'linux') return [name]
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  // Programs for musl are linked statically, and run everywhere.
  return header.glibcVersionRuntime === undefined ? [`${name}-musl`] : [`${name}-gnu`, `${name}-musl`]
}
