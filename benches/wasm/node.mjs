// Node.js as a host of the worker; tells its port to whoever started it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import worker from './worker.mjs'

const server = createServer(async (request, response) => {
  const body = await buffer(request)
  const answer = await worker.fetch(new Request('http://localhost', { method: 'POST', body }))
  response.writeHead(answer.status).end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.send(server.address().port)
