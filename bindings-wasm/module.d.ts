/** The compiled core: a `WebAssembly.Module` or its bytes, as the bundler makes of it. */
declare const module: object
export default module
