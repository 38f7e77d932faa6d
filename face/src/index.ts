export * from './public.js'
import * as everything from './public.js'

/** All that the package exports, for those who import it whole. */
export default everything
