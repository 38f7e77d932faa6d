// A Fastify backend that declares. WECHATPAY holds the options of a client as JSON.
import fastify from 'fastify'
import { Client, InputError, isWechatPayError } from 'wechatpay-customs'

const app = fastify()
app.decorate('wechatpay', new Client(JSON.parse(process.env.WECHATPAY)))

app.post('/declarations', async (request, reply) => {
  // The client may go away; a request that was already sent may still have been applied.
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return app.wechatpay.declare(request.body, { signal: gone.signal })
})

app.get('/declarations/:customs/:number', async ({ params }) => {
  const { data } = await app.wechatpay.query({ order_type: 'out_trade_no', order_no: params.number, customs: params.customs })
  return data
})

app.setErrorHandler((error, request, reply) => {
  if (!isWechatPayError(error)) throw error
  const { code, findings, advice, requestId } = error
  return reply.status(error instanceof InputError ? 422 : 502).send({ code, findings, advice, requestId })
})

await app.listen({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' })
console.log(app.server.address().port)
