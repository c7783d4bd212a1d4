// A realtime service of the npm package ws, which knows nothing of the library: it answers what it is told, in fragments, with pings and
// permessage-deflate on offer.
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true })
server.on('listening', () => console.log(server.address().port))

server.on('connection', (socket, request) => {
  let heard = 0
  let number = 0
  const send = (event) => {
    const text = JSON.stringify({ event_id: `event_${++number}`, ...event })
    const half = Math.floor(text.length / 2)
    socket.send(text.slice(0, half), { fin: false })
    socket.ping('between')
    socket.send(text.slice(half), { fin: true })
  }
  const session = { type: 'realtime', object: 'realtime.session', id: 'sess_1', model: new URL(request.url, 'http://a').searchParams.get('model') }
  const say = (words) => {
    const common = { response_id: 'resp_1', item_id: 'item_2', output_index: 0, content_index: 0 }
    const item = { id: 'item_2', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_audio', transcript: words }] }
    send({ type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } })
    for (const word of words.split(/(?= )/)) {
      send({ type: 'response.output_audio_transcript.delta', ...common, delta: word })
      send({ type: 'response.output_audio.delta', ...common, delta: Buffer.alloc(4800, 7).toString('base64') })
    }
    send({ type: 'conversation.item.done', previous_item_id: 'item_1', item })
    send({ type: 'response.done', response: { id: 'resp_1', status: 'completed', output: [item] } })
  }
  socket.on('message', (data) => {
    const event = JSON.parse(data)
    if (event.type === 'session.update') send({ type: 'session.updated', session: { ...session, ...event.session } })
    if (event.type === 'conversation.item.create') send({ type: 'conversation.item.added', item: { id: 'item_1', ...event.item } })
    if (event.type === 'response.create') say('You wrote to me.')
    if (event.type === 'input_audio_buffer.append') {
      heard += Buffer.from(event.audio, 'base64').length / 2
      if (heard >= 48000 && heard < 50400) say('You spoke for two seconds.')
    }
  })
  socket.on('close', (code) => console.error(`closed with ${code}`))
  send({ type: 'session.created', session })
})
