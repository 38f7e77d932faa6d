/** All of the package, which imports of Node.js's own modules must not come before. */
import './outside.js'

export * from './node.js'
export { default } from './node.js'
