export * from './public.js'
import * as everything from './public.js'

/** All exports of the package, for programs that import it whole. */
export default everything
