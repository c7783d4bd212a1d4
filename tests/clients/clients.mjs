// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// The official clients of OpenAI, Azure and Vercel use the emulator as they use the service: over TLS, under the names of Azure.
//
// Usage, from a directory with the packages: node clients.mjs TLS-PORT

import assert from 'node:assert/strict'
import dns from 'node:dns'

import ModelClient, { isUnexpected } from '@azure-rest/ai-inference'
import { createAzure } from '@ai-sdk/azure'
import { createOpenAI } from '@ai-sdk/openai'
import { AzureKeyCredential } from '@azure/core-auth'
import { createSseStream } from '@azure/core-sse'
import { ClientSecretCredential, getBearerTokenProvider } from '@azure/identity'
import { APICallError, Output, embedMany, generateImage, generateObject, generateSpeech, generateText, jsonSchema, stepCountIs, streamText,
  tool } from 'ai'
import OpenAI, { AuthenticationError, AzureOpenAI, BadRequestError, NotFoundError, toFile } from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { OpenAIRealtimeWS as PreviewRealtimeWS } from 'openai/beta/realtime/ws'
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'

const port = process.argv[2]
const key = 'emulator-key'
const resource = `https://contoso.openai.azure.com:${port}`
const foundry = `https://contoso.services.ai.azure.com:${port}`
const scope = 'https://cognitiveservices.azure.com/.default'

// Every name of Azure is this machine. The certificate is for the names, so TLS is checked as ever.
const lookup = dns.lookup
dns.lookup = (name, options, done) => lookup(name.endsWith('.azure.com') ? '127.0.0.1' : name, options, done)

const question = 'How many feet are in a mile?'
const weatherQuestion = 'What is the weather in Paris?'
const weather = {
  description: 'The weather at a place',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
}
const feet = { type: 'object', properties: { feet: { type: 'integer' } }, required: ['feet'], additionalProperties: false }

globalThis.AI_SDK_LOG_WARNINGS = false // of what a completion cannot do

const checks = []
const check = (client, what, run) => checks.push({ name: `${client}: ${what}`, run })

// ---- openai

const openai = new OpenAI({ baseURL: `${resource}/openai/v1`, apiKey: key, maxRetries: 0 })
const dated = new AzureOpenAI({
  endpoint: resource, apiKey: key, apiVersion: '2024-10-21', deployment: 'gpt-4o-mini', maxRetries: 0,
})
const resourceWide = new AzureOpenAI({ endpoint: resource, apiKey: key, apiVersion: '2024-10-21', maxRetries: 0 })
const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: question }] }
const functionTool = { type: 'function', function: { name: 'get_weather', ...weather } }
const responseTool = { type: 'function', name: 'get_weather', strict: true, ...weather }

for (const [name, client] of [['openai', openai], ['openai AzureOpenAI', dated]]) {
  check(name, 'a chat is answered', async () => {
    const reply = await client.chat.completions.create(chat)
    assert.match(reply.choices[0].message.content, /5,280/)
    assert.equal(reply.choices[0].finish_reason, 'stop')
    assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)
    assert.ok(reply._request_id)
  })
  check(name, 'a chat is streamed to its usage', async () => {
    let text = ''
    let usage
    const options = { stream: true, stream_options: { include_usage: true } }
    for await (const chunk of await client.chat.completions.create({ ...chat, ...options })) {
      text += chunk.choices[0]?.delta?.content ?? ''
      usage = chunk.usage ?? usage
    }
    assert.match(text, /5,280/)
    assert.ok(usage.completion_tokens > 0)
  })
  check(name, 'tools are called and their results are used', async () => {
    const runner = client.chat.completions.runTools({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: weatherQuestion }],
      tools: [{
        type: 'function',
        function: { name: 'get_weather', ...weather, parse: JSON.parse, function: ({ city }) => ({ place: city, sky: 'clear' }) },
      }],
    })
    assert.match(await runner.finalContent(), /place Paris, sky clear/)
  })
  check(name, 'a wrong key is an AuthenticationError of status 401', async () => {
    const wrong = client.withOptions({ apiKey: 'wrong' })
    await assert.rejects(wrong.chat.completions.create(chat), (error) => {
      assert.ok(error instanceof AuthenticationError)
      assert.equal(error.status, 401)
      return true
    })
  })
}
check('openai AzureOpenAI', 'a wrong key is told in the words of Azure', async () => {
  await assert.rejects(dated.withOptions({ apiKey: 'wrong' }).chat.completions.create(chat), (error) => {
    assert.equal(error.code, '401')
    assert.match(error.message, /Access denied due to invalid subscription key/)
    return true
  })
})
check('openai', 'a streamed chat is accumulated by its helper', async () => {
  const stream = openai.chat.completions.stream({ ...chat, messages: [{ role: 'user', content: weatherQuestion }], tools: [functionTool] })
  const reply = await stream.finalChatCompletion()
  assert.equal(reply.choices[0].message.tool_calls[0].function.arguments, '{"city":"Paris"}')
})
check('openai', 'a chat has the shape of a schema', async () => {
  const reply = await openai.chat.completions.parse({
    ...chat, response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: feet } },
  })
  assert.deepEqual(JSON.parse(reply.choices[0].message.content), { feet: 5280 })
})
check('openai', 'embeddings are vectors of numbers, asked for as base64', async () => {
  const reply = await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a ship', 'a boat'], dimensions: 16 })
  assert.equal(reply.data.length, 2)
  assert.equal(reply.data[0].embedding.length, 16)
  const length = reply.data[0].embedding.reduce((sum, x) => sum + x * x, 0)
  assert.ok(Math.abs(length - 1) < 1e-4)
})
check('openai', 'a response is answered', async () => {
  const reply = await openai.responses.create({ model: 'gpt-4o-mini', input: question, metadata: { a: 'b' } })
  assert.match(reply.output_text, /5,280/)
  assert.equal(reply.status, 'completed')
  assert.equal(reply.metadata.a, 'b')
  assert.equal(reply.created_at, Math.trunc(reply.created_at))
})
check('openai', 'the helper responses.stream() accumulates a response', async () => {
  const stream = openai.responses.stream({ model: 'gpt-4o-mini', input: question })
  let text = ''
  stream.on('response.output_text.delta', (event) => { text += event.delta })
  const reply = await stream.finalResponse()
  assert.match(reply.output_text, /5,280/)
  assert.equal(text, reply.output_text)
})
check('openai', 'the helper responses.stream() accumulates a call of a function', async () => {
  const stream = openai.responses.stream({ model: 'gpt-4o-mini', input: weatherQuestion, tools: [responseTool] })
  const reply = await stream.finalResponse()
  assert.equal(reply.output[0].type, 'function_call')
  assert.deepEqual(reply.output[0].parsed_arguments, { city: 'Paris' })
})
check('openai', 'the helper responses.stream() accumulates thoughts, and a response that is cut', async () => {
  const thought = await openai.responses.stream({ model: 'DeepSeek-R1', input: question }).finalResponse()
  assert.deepEqual(thought.output.map((item) => item.type), ['reasoning', 'message'])
  const cut = await openai.responses.stream({ model: 'gpt-4o-mini', input: 'Tell me a story', max_output_tokens: 16 }).finalResponse()
  assert.equal(cut.status, 'incomplete')
  assert.equal(cut.incomplete_details.reason, 'max_output_tokens')
})
check('openai', 'a response calls a function and goes on from its result', async () => {
  const first = await openai.responses.create({ model: 'gpt-4o-mini', input: weatherQuestion, tools: [responseTool] })
  const [call] = first.output
  const second = await openai.responses.create({
    model: 'gpt-4o-mini',
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: call.call_id, output: '{"sky":"clear"}' }],
  })
  assert.match(second.output_text, /sky clear/)
})
check('openai', 'a response has the shape of a schema', async () => {
  const reply = await openai.responses.parse({
    model: 'gpt-4o-mini', input: question, text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: feet } },
  })
  assert.deepEqual(JSON.parse(reply.output_text), { feet: 5280 })
})
check('openai', 'responses.parse() reads a schema and a call of a function that are written with zod', async () => {
  const Feet = z.object({ feet: z.number().int() })
  const reply = await openai.responses.parse({ model: 'gpt-4o-mini', input: question, text: { format: zodTextFormat(Feet, 'answer') } })
  assert.deepEqual(reply.output_parsed, { feet: 5280 })
  const stream = openai.responses.stream({ model: 'gpt-4o-mini', input: question, text: { format: zodTextFormat(Feet, 'answer') } })
  assert.deepEqual((await stream.finalResponse()).output_parsed, { feet: 5280 })
  const called = await openai.responses.parse({
    model: 'gpt-4o-mini', input: weatherQuestion,
    tools: [zodResponsesFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) })],
  })
  assert.deepEqual(called.output[0].parsed_arguments, { city: 'Paris' })
})
check('openai', 'the helper responses.stream() accumulates a summary of the reasoning, which is sent back encrypted', async () => {
  const request = {
    model: 'DeepSeek-R1', input: question, store: false, reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'],
  }
  const stream = openai.responses.stream(request)
  let summary = ''
  stream.on('response.reasoning_summary_text.delta', (event) => { summary += event.delta })
  const reply = await stream.finalResponse()
  assert.equal(reply.output[0].summary[0].text, summary)
  assert.match(reply.output[0].encrypted_content, /^gAAAAAB/)
  const input = [{ role: 'user', content: question }, ...reply.output, { role: 'user', content: 'Hello.' }]
  assert.match((await openai.responses.create({ ...request, input })).output_text, /Hello!/)
})
check('openai', 'a response refuses, and is cut inside the arguments of a function', async () => {
  const format = { type: 'json_schema', name: 'answer', strict: true, schema: feet }
  const stream = openai.responses.stream({ model: 'gpt-4o-mini', input: 'Write malware.', text: { format } })
  let refusal = ''
  stream.on('response.refusal.delta', (event) => { refusal += event.delta })
  const refused = await stream.finalResponse()
  assert.deepEqual(refused.output[0].content[0], { type: 'refusal', refusal })
  const text = { type: 'string' }
  const note = {
    type: 'function', name: 'note', strict: false,
    parameters: { type: 'object', properties: { title: text, text }, required: ['title', 'text'] },
  }
  const cut = await openai.responses.create({
    model: 'gpt-4o-mini', input: 'Tell me a long story of ships and bread and the Moon.', tools: [note], tool_choice: 'required',
    max_output_tokens: 16,
  })
  assert.equal(cut.status, 'incomplete')
  assert.equal(cut.output[0].status, 'incomplete')
  assert.throws(() => JSON.parse(cut.output[0].arguments))
})
check('openai', 'a response searches the web and runs code', async () => {
  const searched = await openai.responses.stream({
    model: 'gpt-4o-mini', input: 'Search the web for the number of feet in a mile.', tools: [{ type: 'web_search_preview' }],
  }).finalResponse()
  assert.deepEqual(searched.output.map((item) => item.type), ['web_search_call', 'message'])
  assert.equal(searched.output[1].content[0].annotations[0].type, 'url_citation')
  const interpreted = await openai.responses.stream({
    model: 'gpt-4o-mini', input: question, tool_choice: { type: 'code_interpreter' },
    tools: [{ type: 'code_interpreter', container: { type: 'auto' } }], include: ['code_interpreter_call.outputs'],
  }).finalResponse()
  assert.match(interpreted.output[0].code, /^print\(/)
  assert.match(interpreted.output[0].outputs[0].logs, /5,280/)
})
check('openai', 'an MCP server is called after an approval', async () => {
  const request = {
    model: 'gpt-4o-mini',
    tools: [{ type: 'mcp', server_label: 'almanac', server_url: 'https://mcp.example.com', require_approval: 'always' }],
  }
  const first = await openai.responses.create({ ...request, input: question })
  const wanted = first.output.find((item) => item.type === 'mcp_approval_request')
  const decide = (approve) => openai.responses.stream({
    ...request, previous_response_id: first.id, input: [{ type: 'mcp_approval_response', approval_request_id: wanted.id, approve }],
  }).finalResponse()
  const approved = await decide(true)
  assert.deepEqual(approved.output.map((item) => item.type), ['mcp_call', 'message'])
  assert.match(approved.output_text, /5,280/)
  assert.deepEqual((await decide(false)).output.map((item) => item.type), ['message'])
})
check('openai', 'a response runs in the background and is polled, cancelled and deleted', async () => {
  const request = { model: 'gpt-4o-mini', input: question, background: true }
  const begun = await openai.responses.create(request)
  assert.equal(begun.status, 'queued')
  assert.equal((await openai.responses.retrieve(begun.id)).status, 'in_progress')
  assert.match((await openai.responses.retrieve(begun.id)).output_text, /5,280/)
  await assert.rejects(openai.responses.cancel(begun.id), BadRequestError)
  const cancelled = await openai.responses.create(request)
  assert.equal((await openai.responses.cancel(cancelled.id)).status, 'cancelled')
  assert.equal((await openai.responses.retrieve(cancelled.id)).status, 'cancelled')
  await openai.responses.delete(begun.id)
  await assert.rejects(openai.responses.cancel(begun.id), NotFoundError)
  await assert.rejects(openai.responses.retrieve(begun.id), NotFoundError)
})
check('openai', 'a response that was streamed in the background is streamed again from any event', async () => {
  let id
  for await (const event of await openai.responses.create({ model: 'gpt-4o-mini', input: question, background: true, stream: true }))
    id ??= event.response?.id
  const types = []
  for await (const event of await openai.responses.retrieve(id, { stream: true, starting_after: 2 })) types.push(event.type)
  assert.equal(types.at(0), 'response.output_item.added')
  assert.equal(types.at(-1), 'response.completed')
  const resumed = await openai.responses.stream({ response_id: id, starting_after: 5 }).finalResponse()
  assert.match(resumed.output_text, /5,280/)
})
check('openai', 'the input of a response is listed, page by page', async () => {
  const input = ['A', 'B', 'C'].map((content) => ({ role: 'user', content }))
  const { id } = await openai.responses.create({ model: 'gpt-4o-mini', input })
  const texts = []
  for await (const item of openai.responses.inputItems.list(id, { limit: 1 })) texts.push(item.content[0].text)
  assert.deepEqual(texts, ['C', 'B', 'A'])
  const oldest = await openai.responses.inputItems.list(id, { order: 'asc', limit: 2 })
  assert.deepEqual(oldest.data.map((item) => item.content[0].text), ['A', 'B'])
})
check('openai', 'what a response cannot do is a BadRequestError', async () => {
  const request = { model: 'gpt-4o-mini', input: question }
  await assert.rejects(openai.responses.create({ ...request, tools: [{ type: 'web_search' }] }), BadRequestError)
  await assert.rejects(openai.responses.create({ ...request, previous_response_id: 'resp_1' }), (error) => {
    assert.ok(error instanceof BadRequestError)
    assert.equal(error.code, 'previous_response_not_found')
    return true
  })
})
check('openai', 'text is completed, whole and streamed', async () => {
  const request = { model: 'gpt-35-turbo-instruct', prompt: question, max_tokens: 30 }
  assert.match((await openai.completions.create(request)).choices[0].text, /5,280/)
  let text = ''
  for await (const chunk of await openai.completions.create({ ...request, stream: true })) text += chunk.choices[0]?.text ?? ''
  assert.match(text, /5,280/)
})
check('openai', 'models are listed and looked up', async () => {
  const names = []
  for await (const model of openai.models.list()) names.push(model.id)
  assert.ok(names.includes('gpt-4o'))
  assert.equal((await openai.models.retrieve('gpt-4o')).id, 'gpt-4o')
  await assert.rejects(openai.models.retrieve('nothing'), NotFoundError)
})
for (const [name, client] of [['openai', openai], ['openai AzureOpenAI', resourceWide]]) {
  check(name, 'a file is uploaded with an expiry, listed, waited for, read and deleted', async () => {
    const file = await client.files.create({
      purpose: 'batch', file: await toFile(Buffer.from('{}\n'), 'lines.jsonl', { type: 'application/jsonl' }),
      expires_after: { anchor: 'created_at', seconds: 1209600 },
    })
    assert.equal(file.purpose, 'batch')
    assert.equal(file.expires_at - file.created_at, 1209600)
    const listed = []
    for await (const one of client.files.list({ purpose: 'batch' })) listed.push(one.id)
    assert.ok(listed.includes(file.id))
    assert.equal((await client.files.waitForProcessing(file.id)).status, 'processed')
    assert.equal(await (await client.files.content(file.id)).text(), '{}\n')
    assert.equal((await client.files.delete(file.id)).deleted, true)
    await assert.rejects(client.files.retrieve(file.id), NotFoundError)
  })
  check(name, 'a batch runs: some rows are answered, another is refused', async () => {
    const rows = ['a', 'b', 'c'].map((id) => ({
      custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { ...chat, ...(id === 'b' ? { temperature: 3 } : {}) },
    }))
    const lines = rows.map((row) => JSON.stringify(row) + '\n').join('')
    const file = await client.files.create({
      purpose: 'batch', file: await toFile(Buffer.from(lines), 'rows.jsonl', { type: 'application/jsonl' }),
    })
    let job = await client.batches.create({
      input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { a: 'b' },
    })
    const states = [job.status]
    while (job.status !== 'completed') {
      job = await client.batches.retrieve(job.id)
      states.push(job.status)
    }
    assert.deepEqual(states, ['validating', 'in_progress', 'finalizing', 'completed'])
    assert.deepEqual(job.request_counts, { total: 3, completed: 2, failed: 1 })
    assert.equal(job.metadata.a, 'b')
    const read = async (id) => (await (await client.files.content(id)).text()).trim().split('\n').map(JSON.parse)
    const answers = await read(job.output_file_id)
    assert.deepEqual(answers.map((line) => line.custom_id).sort(), ['a', 'c'])
    assert.match(answers[0].response.body.choices[0].message.content, /5,280/)
    const [refused] = await read(job.error_file_id)
    assert.equal(refused.custom_id, 'b')
    assert.equal(refused.response.status_code, 400)
  })
  check(name, 'a batch is cancelled and listed', async () => {
    const file = await client.files.create({
      purpose: 'batch', file: await toFile(Buffer.from('{}\n'), 'rows.jsonl', { type: 'application/jsonl' }),
    })
    const jobs = []
    for (let i = 0; i < 3; ++i) {
      jobs.push(await client.batches.create({
        input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h',
      }))
    }
    assert.equal((await client.batches.cancel(jobs[0].id)).status, 'cancelling')
    assert.equal((await client.batches.retrieve(jobs[0].id)).status, 'cancelled')
    await assert.rejects(client.batches.cancel(jobs[0].id), (error) => error.status === 409)
    const failed = await client.batches.retrieve(jobs[1].id)
    assert.equal(failed.status, 'failed')
    assert.equal(failed.errors.data[0].line, 1)
    const listed = []
    for await (const one of client.batches.list({ limit: 2 })) listed.push(one.id)
    assert.ok(jobs.every(({ id }) => listed.includes(id)))
  })
}
check('openai', 'a transcription of speech is the text that was spoken, whole and streamed', async () => {
  const input = 'Hello world, this is a test. It is short.'
  const speech = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input, response_format: 'wav' })
  const sound = Buffer.from(await speech.arrayBuffer())
  const file = () => toFile(sound, 'speech.wav', { type: 'audio/wav' })
  assert.equal((await openai.audio.transcriptions.create({ model: 'whisper', file: await file() })).text, input)
  const verbose = await openai.audio.transcriptions.create({
    model: 'whisper', file: await file(), response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'],
  })
  assert.equal(verbose.segments.length, 2)
  assert.equal(verbose.words[1].word, 'world')
  const titles = await openai.audio.transcriptions.create({ model: 'whisper', file: await file(), response_format: 'srt' })
  assert.match(titles, /^1\n00:00:00,000 --> /)
  const stream = await openai.audio.transcriptions.create({ model: 'gpt-4o-mini-transcribe', file: await file(), stream: true })
  let text = ''
  let last
  for await (const event of stream) {
    text += event.delta ?? ''
    last = event
  }
  assert.equal(text, input)
  assert.equal(last.type, 'transcript.text.done')
  assert.equal((await openai.audio.translations.create({ model: 'whisper', file: await file() })).text, input)
  await assert.rejects(openai.audio.transcriptions.create({ model: 'whisper', file: await file(), language: 'nothing' }),
    BadRequestError)
})
check('openai AzureOpenAI', 'speech and its transcription have their deployments in the path', async () => {
  const speech = await resourceWide.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.' })
  const file = await toFile(Buffer.from(await speech.arrayBuffer()), 'speech.mp3', { type: 'audio/mpeg' })
  assert.equal((await resourceWide.audio.transcriptions.create({ model: 'whisper', file })).text, 'Hello.')
})
check('openai', 'speech and pictures are bytes of their formats', async () => {
  const speech = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello.', response_format: 'wav' })
  assert.equal(Buffer.from(await speech.arrayBuffer()).subarray(0, 4).toString(), 'RIFF')
  const picture = await openai.images.generate({ model: 'gpt-image-1', prompt: 'a ship' })
  assert.equal(Buffer.from(picture.data[0].b64_json, 'base64').subarray(1, 4).toString(), 'PNG')
})

// ---- openai, realtime

/// The events of a session up to the first one of a type, as a list.
const until = (session, type) => new Promise((resolve, reject) => {
  const events = []
  session.on('error', reject)
  session.socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
  session.on('event', (event) => {
    events.push(event)
    if (event.type === type) resolve(events)
  })
})
const opened = (session) => new Promise((resolve, reject) => {
  session.socket.on('open', resolve)
  session.socket.on('error', reject)
})
const joined = (events, type) => events.filter((event) => event.type === type).map((event) => event.delta).join('')
const userMessage = (text) => ({
  type: 'conversation.item.create', item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})
const azureRealtime = new AzureOpenAI({ endpoint: resource, apiKey: key, apiVersion: '2025-04-01-preview', maxRetries: 0 })

check('openai OpenAIRealtimeWS', 'a text is answered in text', async () => {
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, openai)
  const events = until(session, 'response.done')
  await opened(session)
  session.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
  session.send(userMessage(question))
  session.send({ type: 'response.create' })
  const all = await events
  assert.match(joined(all, 'response.output_text.delta'), /5,280/)
  assert.equal(all[0].type, 'session.created')
  session.close()
})

check('openai OpenAIRealtimeWS', 'a text is answered in speech, with its transcript', async () => {
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, openai)
  const events = until(session, 'response.done')
  await opened(session)
  session.send(userMessage(question))
  session.send({ type: 'response.create' })
  const all = await events
  const transcript = joined(all, 'response.output_audio_transcript.delta')
  assert.match(transcript, /5,280/)
  const audio = all.filter((event) => event.type === 'response.output_audio.delta').map((event) => Buffer.from(event.delta, 'base64'))
  assert.equal(Buffer.concat(audio).length, transcript.length * 480)
  session.close()
})

check('openai OpenAIRealtimeWS', 'a function is called, and its result used', async () => {
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, openai)
  const called = until(session, 'response.done')
  await opened(session)
  session.send({
    type: 'session.update',
    session: { type: 'realtime', output_modalities: ['text'], tools: [{ type: 'function', name: 'get_weather', ...weather }] },
  })
  session.send(userMessage(weatherQuestion))
  session.send({ type: 'response.create' })
  const call = (await called).at(-1).response.output[0]
  assert.equal(JSON.parse(call.arguments).city, 'Paris')
  const told = until(session, 'response.done')
  session.send({
    type: 'conversation.item.create', item: { type: 'function_call_output', call_id: call.call_id, output: 'sunny' },
  })
  session.send({ type: 'response.create' })
  assert.match(joined(await told, 'response.output_text.delta'), /sunny/)
  session.close()
})

check('openai OpenAIRealtimeWS', 'a wrong event is an error with its code', async () => {
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, openai)
  const failed = new Promise((resolve) => session.on('error', resolve))
  await opened(session)
  session.send({ type: 'response.cancel' })
  assert.equal((await failed).error.code, 'response_cancel_not_active')
  session.close()
})

check('openai', 'a client secret opens a session', async () => {
  const secret = await openai.realtime.clientSecrets.create({
    expires_after: { anchor: 'created_at', seconds: 60 }, session: { type: 'realtime', model: 'gpt-realtime' },
  })
  assert.match(secret.value, /^ek_/)
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, { baseURL: `${resource}/openai/v1`, apiKey: secret.value })
  await until(session, 'session.created')
  session.close()
})

check('openai OpenAIRealtimeWS', 'an unknown deployment fails', async () => {
  const session = new OpenAIRealtimeWS({ model: 'unknown' }, openai)
  await assert.rejects(until(session, 'session.created'), /404/)
})

check('openai beta OpenAIRealtimeWS', 'the preview answers with its own names', async () => {
  const session = await PreviewRealtimeWS.azure(azureRealtime, { deploymentName: 'gpt-4o-realtime-preview' })
  const events = until(session, 'response.done')
  await opened(session)
  session.send({ type: 'session.update', session: { modalities: ['text'] } })
  session.send(userMessage(question))
  session.send({ type: 'response.create' })
  assert.match(joined(await events, 'response.text.delta'), /5,280/)
  session.close()
})

// ---- @azure-rest/ai-inference

const inference = ModelClient(`${foundry}/models`, new AzureKeyCredential(key), { retryOptions: { maxRetries: 0 } })
const body = { model: 'Mistral-Large-2411', messages: [{ role: 'user', content: question }] }
const post = async (path, request) => {
  const reply = await inference.path(path).post(request)
  if (isUnexpected(reply)) throw new Error(`status ${reply.status}: ${JSON.stringify(reply.body)}`)
  return reply.body
}

check('@azure-rest/ai-inference', 'a chat is answered', async () => {
  assert.match((await post('/chat/completions', { body })).choices[0].message.content, /5,280/)
})
check('@azure-rest/ai-inference', 'a chat is streamed', async () => {
  const reply = await inference.path('/chat/completions').post({ body: { ...body, stream: true } }).asNodeStream()
  assert.equal(reply.status, '200')
  let text = ''
  let last
  for await (const event of createSseStream(reply.body)) {
    last = event.data
    if (last !== '[DONE]') text += JSON.parse(last).choices[0]?.delta?.content ?? ''
  }
  assert.match(text, /5,280/)
  assert.equal(last, '[DONE]')
})
check('@azure-rest/ai-inference', 'a tool is called and its result is used', async () => {
  const messages = [{ role: 'user', content: weatherQuestion }]
  const { message } = (await post('/chat/completions', { body: { ...body, messages, tools: [functionTool] } })).choices[0]
  assert.equal(message.tool_calls[0].function.arguments, '{"city":"Paris"}')
  messages.push(message, { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '{"sky":"clear"}' })
  const second = await post('/chat/completions', { body: { ...body, messages, tools: [functionTool] } })
  assert.match(second.choices[0].message.content, /sky clear/)
})
check('@azure-rest/ai-inference', 'a chat has the shape of a schema', async () => {
  const format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: feet } }
  const reply = await post('/chat/completions', { body: { ...body, response_format: format } })
  assert.deepEqual(JSON.parse(reply.choices[0].message.content), { feet: 5280 })
})
check('@azure-rest/ai-inference', 'texts and pictures are embedded', async () => {
  const model = 'text-embedding-3-small'
  const texts = await post('/embeddings', { body: { model, input: ['a ship', 'a boat'], dimensions: 16 } })
  assert.equal(texts.data[1].embedding.length, 16)
  const pictures = await post('/images/embeddings', { body: { model, input: [{ image: 'data:image/png;base64,AAAA' }] } })
  assert.equal(pictures.data.length, 1)
})
check('@azure-rest/ai-inference', 'the model tells about itself', async () => {
  const reply = await inference.path('/info').get()
  assert.equal(reply.status, '200')
  assert.equal(reply.body.model_type, 'chat-completion')
})
check('@azure-rest/ai-inference', 'a wrong key is unexpected, of status 401 and code 401', async () => {
  const wrong = ModelClient(`${foundry}/models`, new AzureKeyCredential('wrong'))
  const reply = await wrong.path('/chat/completions').post({ body })
  assert.ok(isUnexpected(reply))
  assert.equal(reply.status, '401')
  assert.equal(reply.body.error.code, '401')
  assert.match(reply.body.error.message, /Access denied due to invalid subscription key/)
})

// ---- ai and @ai-sdk/azure

const vercel = createAzure({ baseURL: `${resource}/openai`, apiKey: key })
const vercelDated = createAzure({
  baseURL: `${resource}/openai`, apiKey: key, apiVersion: '2024-10-21', useDeploymentBasedUrls: true,
})
const quiet = { maxRetries: 0 }
const vercelTools = {
  get_weather: tool({
    description: weather.description,
    inputSchema: jsonSchema(weather.parameters),
    execute: async ({ city }) => ({ place: city, sky: 'clear' }),
  }),
}
const models = [
  ['ai, responses', vercel('gpt-4o-mini')],
  ['ai, chat', vercel.chat('gpt-4o-mini')],
  ['ai, dated chat', vercelDated.chat('gpt-4o-mini')],
]
for (const [name, model] of models) {
  check(name, 'a text is generated', async () => {
    const reply = await generateText({ ...quiet, model, prompt: question })
    assert.match(reply.text, /5,280/)
    assert.equal(reply.finishReason, 'stop')
    assert.ok(reply.usage.outputTokens > 0)
    assert.deepEqual(reply.warnings ?? [], [])
  })
  check(name, 'a text is streamed', async () => {
    const failures = []
    const reply = streamText({ ...quiet, model, prompt: question, onError: ({ error }) => failures.push(error) })
    let text = ''
    for await (const piece of reply.textStream) text += piece
    assert.deepEqual(failures, [])
    assert.match(text, /5,280/)
    assert.equal(await reply.finishReason, 'stop')
  })
  check(name, 'tools are called and their results are used', async () => {
    const reply = await generateText({
      ...quiet, model, prompt: weatherQuestion, tools: vercelTools, stopWhen: stepCountIs(3),
    })
    assert.equal(reply.steps.length, 2)
    assert.match(reply.text, /place Paris, sky clear/)
  })
  check(name, 'tools are called in a stream', async () => {
    const reply = streamText({
      ...quiet, model, prompt: weatherQuestion, tools: vercelTools, stopWhen: stepCountIs(3), onError: () => {},
    })
    assert.match(await reply.text, /place Paris, sky clear/)
  })
  check(name, 'an object has the shape of a schema', async () => {
    const reply = await generateText({ ...quiet, model, prompt: question, output: Output.object({ schema: jsonSchema(feet) }) })
    assert.deepEqual(reply.output, { feet: 5280 })
  })
}
check('ai, responses', 'an object is generated', async () => {
  const model = vercel('gpt-4o-mini')
  const reply = await generateObject({ ...quiet, model, prompt: question, schema: z.object({ feet: z.number().int() }) })
  assert.deepEqual(reply.object, { feet: 5280 })
})
check('ai, responses', 'a summary of the reasoning is streamed, and a tool is called after it', async () => {
  const reply = streamText({
    ...quiet, model: vercel('DeepSeek-R1'), prompt: weatherQuestion, tools: vercelTools, stopWhen: stepCountIs(3),
    providerOptions: { azure: { reasoningSummary: 'auto', forceReasoning: true } },
  })
  assert.match(await reply.text, /place Paris, sky clear/)
  const steps = await reply.steps
  assert.match(steps[0].reasoningText, /The user wants to know about/)
})
check('ai, responses', 'tools of the service run: a web search and an interpreter', async () => {
  const searched = await generateText({
    ...quiet, model: vercel('gpt-4o-mini'), prompt: 'Search the web for the number of feet in a mile.',
    tools: { web_search_preview: vercel.tools.webSearchPreview({}) },
  })
  assert.match(searched.text, /5,280/)
  assert.match(searched.sources[0].url, /^https:\/\/example.com\//)
  const interpreted = streamText({
    ...quiet, model: vercel('gpt-4o-mini'), prompt: 'Write a Python program about feet and miles.',
    tools: { code_interpreter: vercel.tools.codeInterpreter({}) },
  })
  assert.match(await interpreted.text, /5,280/)
  const [result] = await interpreted.toolResults
  assert.match(result.output.outputs[0].logs, /5,280/)
})
check('ai, @ai-sdk/openai', 'an MCP server is called after an approval, and not without it', async () => {
  const provider = createOpenAI({ baseURL: `${resource}/openai/v1`, apiKey: key })
  const server = provider.tools.mcp({ serverLabel: 'almanac', serverUrl: 'https://mcp.example.com', requireApproval: 'always' })
  const request = { ...quiet, model: provider('gpt-4o-mini'), tools: { mcp: server } }
  const first = await generateText({ ...request, prompt: question })
  const { approvalId } = first.content.find((part) => part.type === 'tool-approval-request')
  const decide = (approved) => generateText({
    ...request,
    messages: [
      { role: 'user', content: question }, ...first.response.messages,
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved, providerExecuted: true }] },
    ],
  })
  const approved = await decide(true)
  assert.match(approved.text, /The result is: A mile is 5,280 feet long/)
  assert.equal(approved.toolCalls[0].toolName, 'mcp.ask')
  assert.equal((await decide(false)).toolCalls.length, 0)
})
check('ai, embeddings', 'texts are embedded', async () => {
  const reply = await embedMany({ ...quiet, model: vercel.embedding('text-embedding-3-small'), values: ['a ship', 'a boat'] })
  assert.equal(reply.embeddings.length, 2)
  assert.equal(reply.embeddings[0].length, 256)
})
check('ai, completion', 'a text is completed', async () => {
  const reply = await generateText({ ...quiet, model: vercel.completion('gpt-35-turbo-instruct'), prompt: question, maxOutputTokens: 30 })
  assert.match(reply.text, /5,280/)
})
check('ai, speech and image', 'speech and a picture are generated', async () => {
  const speech = await generateSpeech({ ...quiet, model: vercel.speech('tts-1'), text: 'Hello.' })
  assert.ok(speech.audio.uint8Array.length > 1000)
  const picture = await generateImage({ ...quiet, model: vercel.image('gpt-image-1'), prompt: 'a ship' })
  assert.equal(Buffer.from(picture.image.uint8Array).subarray(1, 4).toString(), 'PNG')
})
check('ai, responses', 'a wrong key is an APICallError of status 401', async () => {
  const wrong = createAzure({ baseURL: `${resource}/openai`, apiKey: 'wrong' })
  await assert.rejects(generateText({ ...quiet, model: wrong('gpt-4o-mini'), prompt: question }), (error) => {
    assert.ok(APICallError.isInstance(error))
    assert.equal(error.statusCode, 401)
    assert.equal(error.isRetryable, false)
    assert.match(error.responseBody, /Access denied due to invalid subscription key/)
    return true
  })
})

// ---- @azure/identity

const authority = { authorityHost: `https://localhost:${port}`, disableInstanceDiscovery: true }
const credential = new ClientSecretCredential('contoso-tenant', 'contoso-application', 'contoso-secret', authority)

check('@azure/identity', 'a client secret gives a token, which is kept', async () => {
  const first = await credential.getToken(scope)
  assert.ok(first.expiresOnTimestamp > Date.now() + 1000 * 60 * 30)
  assert.equal((await credential.getToken(scope)).token, first.token)
})
check('@azure/identity', 'a wrong secret is an AuthenticationRequiredError with the number of the authority', async () => {
  const wrong = new ClientSecretCredential('contoso-tenant', 'contoso-application', 'wrong', authority)
  await assert.rejects(wrong.getToken(scope), (error) => {
    assert.equal(error.name, 'AuthenticationRequiredError')
    assert.match(error.message, /AADSTS7000215/)
    return true
  })
})
check('@azure/identity', 'an unknown tenant has no endpoints', async () => {
  const wrong = new ClientSecretCredential('nobody', 'contoso-application', 'contoso-secret', authority)
  await assert.rejects(wrong.getToken(scope), /endpoints_resolution_error/)
})
check('@azure/identity', 'its tokens are taken from openai', async () => {
  const client = new AzureOpenAI({
    endpoint: resource, apiVersion: '2024-10-21', deployment: 'gpt-4o-mini', maxRetries: 0,
    azureADTokenProvider: getBearerTokenProvider(credential, scope),
  })
  assert.match((await client.chat.completions.create(chat)).choices[0].message.content, /5,280/)
})
check('@azure/identity', 'its tokens are taken from @azure-rest/ai-inference', async () => {
  const client = ModelClient(`${foundry}/models`, credential, { credentials: { scopes: [scope] } })
  assert.equal((await client.path('/chat/completions').post({ body })).status, '200')
})
check('@azure/identity', 'its tokens are taken from @ai-sdk/azure', async () => {
  const azure = createAzure({ baseURL: `${resource}/openai`, tokenProvider: getBearerTokenProvider(credential, scope) })
  assert.match((await generateText({ ...quiet, model: azure('gpt-4o-mini'), prompt: question })).text, /5,280/)
})
check('@azure/identity', 'a token for another audience is refused', async () => {
  const other = getBearerTokenProvider(credential, 'https://graph.microsoft.com/.default')
  const client = new OpenAI({ baseURL: `${resource}/openai/v1`, apiKey: await other(), maxRetries: 0 })
  await assert.rejects(client.chat.completions.create(chat), (error) => {
    assert.ok(error instanceof AuthenticationError)
    return true
  })
})

// ---- All of it

/// A check that waits for ever fails, too.
const bounded = async (run) => {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('it does not end')), 60000) })
  try {
    await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}

let passed = 0
for (const { name, run } of checks) {
  try {
    await bounded(run)
    ++passed
    console.log(`ok      ${name}`)
  } catch (error) {
    console.log(`FAILED  ${name}\n${error.stack}\n${error.responseBody ?? ''}`)
  }
}
console.log(`report: official clients: ${passed} of ${checks.length} checks passed`)
process.exit(passed === checks.length ? 0 : 1)
