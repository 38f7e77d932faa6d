// An Express backend that declares. WECHATPAY holds the options of a client as JSON.
import express from 'express'
import { Client, InputError, isWechatPayError } from 'wechatpay-customs'

const client = new Client(JSON.parse(process.env.WECHATPAY))
const app = express()
app.use(express.json())

app.post('/declarations', async (request, response) => {
  // The client may go away; a request that was already sent may still have been applied.
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.json(await client.declare(request.body, { signal: gone.signal }))
})

app.get('/declarations/:customs/:number', async ({ params }, response) => {
  const { data } = await client.query({ order_type: 'out_trade_no', order_no: params.number, customs: params.customs })
  response.json(data)
})

app.use((error, request, response, next) => {
  if (!isWechatPayError(error)) return next(error)
  const { code, findings, advice, requestId } = error
  response.status(error instanceof InputError ? 422 : 502).json({ code, findings, advice, requestId })
})

const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', () => console.log(server.address().port))
