/** The packages that a client can come from; which of them is installed is the user's choice. */

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

/** Loads the first of the packages that is installed. */
export async function installed(): Promise<Customs | undefined> {
  return (
    // @ts-ignore It may not be installed.
    (await unlessMissing('wechatpay-customs', () => import('wechatpay-customs'))) ??
    // @ts-ignore It may not be installed.
    (await unlessMissing('wechatpay-customs-wasm', () => import('wechatpay-customs-wasm')))
  )
}

async function unlessMissing(name: string, load: () => Promise<Customs>): Promise<Customs | undefined> {
  try {
    return await load()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const missing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    // A package that is there and lacks something must say so.
    if (missing && new RegExp(`['"]${name}['"]`).test(message)) return undefined
    throw error
  }
}
