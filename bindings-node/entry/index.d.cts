import * as everything from './types/index.js'

export = everything
