/** The packages that a client can come from; which of them is installed is the user's choice. */

import { pathToFileURL } from 'node:url'

/** @ts-ignore It may not be installed. */
type Native = typeof import('wechatpay-customs')
/** @ts-ignore It may not be installed. */
type Wasm = typeof import('wechatpay-customs-wasm', { with: { 'resolution-mode': 'import' } })

/** What is not installed has every name as a key. */
export type Customs = string extends keyof Native ? Wasm : Native

/** A client of the package that is installed. */
export type Client = InstanceType<Customs['Client']>
/** The options that make one. */
export type ClientOptions = ConstructorParameters<Customs['Client']>[0]

/** Loads the first of the packages that is installed; or tells why there is none that can be loaded here. */
export async function installed(): Promise<Customs | Error> {
  // Jest and Vitest's `vm` pools run this in a context of their own, where `import` is not, or only half, supported.
  if (resolved('wechatpay-customs') !== undefined) return require('wechatpay-customs') as Customs
  const wasm = resolved('wechatpay-customs-wasm')
  if (wasm === undefined) {
    return new Error('Sandbox.client() needs `wechatpay-customs` or `wechatpay-customs-wasm`: install one of them')
  }
  try {
    return (await import(pathToFileURL(wasm).href)) as Customs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG') throw error
    return new Error(
      'Sandbox.client() needs `wechatpay-customs-wasm`, an ES module, which Jest loads only with ' +
        'NODE_OPTIONS=--experimental-vm-modules: set that, or install `wechatpay-customs`',
      { cause: error }
    )
  }
}

/** Where a package's script lies, if the package is installed. */
function resolved(name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch (error) {
    const { code, message, pnpCode } = error as NodeJS.ErrnoException & { pnpCode?: string }
    // A package that is there and lacks something must say so.
    if (code === 'MODULE_NOT_FOUND' && (pnpCode !== undefined || new RegExp(`['"]${name}['"]`).test(message))) return undefined
    throw error
  }
}
