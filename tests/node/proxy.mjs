// Declares once with the options in OPTIONS.
import { pathToFileURL } from 'node:url'

const { Client } = await import(pathToFileURL(process.argv[2]))
console.log((await new Client(JSON.parse(process.env.OPTIONS)).declare(JSON.parse(process.env.ORDER))).state)
process.exit()
