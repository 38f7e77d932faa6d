#!/usr/bin/env node
/** The program, with the words of the command line; it ends with this process. */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { program } from './program.js'

const words = process.argv.slice(2)
// What goes on in the background, or looks at the standard input itself, must have its own.
const own = words.some((word) => /^--(background|exit-with-stdin)(=|$)/.test(word))
const sandbox = spawn(found(), own ? words : [...words, '--exit-with-stdin'], {
  stdio: [own ? 'inherit' : 'pipe', 'inherit', 'inherit'],
  windowsHide: true
})
sandbox.on('error', ({ message }) => fail(message))
sandbox.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal!]
})
// A terminal tells the program as well; whoever tells this process alone means both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => sandbox.kill(signal))

function found(): string {
  try {
    return program()
  } catch (error) {
    return fail((error as Error).message)
  }
}

function fail(why: string): never {
  console.error(`wechatpay-customs-sandbox: ${why}`)
  process.exit(1)
}
