import * as everything from './types/index.js'

export * from './types/index.js'
/** All exports of the package, for programs that import it whole. */
export default everything
