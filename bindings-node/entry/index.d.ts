import * as everything from './types/index.js'

export * from './types/index.js'
/** All that the package exports, for those who import it whole. */
export default everything
