import { Client } from 'wechatpay-customs'

export async function POST(request) {
  const client = new Client(JSON.parse(process.env.OPTIONS))
  const { state } = await client.declare(await request.json())
  return Response.json({ state, backend: client.backend })
}
