/** Exports the package after `outside.js` has run: imports of Node.js's own modules must not come before it. */
import './outside.js'

export * from './node.js'
export { default } from './node.js'
