// Runs vectors on a JavaScript surface: a vector per line in, a report per line out.
// The first argument is the module under test.
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { reported, reporter } from './report.mjs'

const report = reporter(await import(pathToFileURL(process.argv[2])))

// Not by readline, which in some runtimes ends a line at U+2028 too.
const vectors = (await text(process.stdin)).split('\n').filter(Boolean).map((line) => JSON.parse(line))
for (const told of await reported(report, vectors)) console.log(JSON.stringify(told))
