/** Throws an explanation if a bundler made the package part of another script. */

/** Advice for bundles: the package needs files beside its script, which bundlers leave behind. */
export const LEAVE_OUTSIDE =
  'wechatpay-customs does not find its addon and its WebAssembly module, which lie beside its script: it cannot be part of a bundle. ' +
  'Leave the package external and install it where the bundle runs: esbuild `--external:wechatpay-customs`, ' +
  "webpack `externals: { 'wechatpay-customs': 'commonjs wechatpay-customs' }`, Next.js `serverExternalPackages: ['wechatpay-customs']`, " +
  "Rollup `external: ['wechatpay-customs']`, Vite `ssr: { external: ['wechatpay-customs'] }`, ncc `--external wechatpay-customs`"

/** Is the script where its files are? ES module bundles lack a folder of their own, and some lack `require`. */
function stands(): boolean {
  try {
    require('node:path')
    return typeof __dirname === 'string'
  } catch {
    return false
  }
}

if (!stands()) throw new Error(LEAVE_OUTSIDE)
