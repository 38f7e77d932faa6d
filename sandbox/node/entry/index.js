export { Sandbox } from './index.cjs'
