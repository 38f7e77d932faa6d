/** Ends in words where a bundler has made the package part of another script. */

/** What a bundle loads the package for lies beside the package's script, which bundlers leave behind. */
export const LEAVE_OUTSIDE =
  'wechatpay-customs does not find its addon and its WebAssembly module, which lie beside its script: it cannot be part of a bundle. ' +
  'Leave the package external and install it where the bundle runs: esbuild `--external:wechatpay-customs`, ' +
  "webpack `externals: { 'wechatpay-customs': 'commonjs wechatpay-customs' }`, Next.js `serverExternalPackages: ['wechatpay-customs']`, " +
  "Rollup `external: ['wechatpay-customs']`, Vite `ssr: { external: ['wechatpay-customs'] }`, ncc `--external wechatpay-customs`"

/** Bundles that are ES modules have no folder of their own, and some have no `require`. */
function stands(): boolean {
  try {
    require('node:path')
    return typeof __dirname === 'string'
  } catch {
    return false
  }
}

if (!stands()) throw new Error(LEAVE_OUTSIDE)
