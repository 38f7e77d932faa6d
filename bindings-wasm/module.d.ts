/** The compiled core: a `WebAssembly.Module` or its bytes, whichever the bundler makes. */
declare const module: object
export default module
