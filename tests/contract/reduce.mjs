// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Cuts the services' OpenAPI documents down to what the tests need: the request side of the operations below with the schemas it
// reaches, and the example answers. Run by hand where a document is new:
//
//     npm ci && node reduce.mjs ORIGINALS ../data

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'

const [originals, data] = process.argv.slice(2)

const documents = {
  'models-2024-05-01-preview.json': [
    'post /chat/completions', 'post /embeddings', 'post /images/embeddings', 'get /info'],
  'models-2025-04-01.json': [
    'post /chat/completions', 'post /embeddings', 'post /images/embeddings', 'get /info'],
  'azure-openai-2024-10-21.yaml': [
    'post /deployments/{deployment-id}/chat/completions', 'post /deployments/{deployment-id}/embeddings',
    'post /deployments/{deployment-id}/images/generations'],
  'azure-openai-v1.json': [
    'post /chat/completions', 'post /embeddings', 'post /files', 'post /responses', 'get /models'],
  'openai-upstream.json': [
    'post /chat/completions', 'post /embeddings', 'post /images/generations', 'post /files', 'post /responses', 'get /models'],
}

// Schemas that Foundry Models has and, by mistake, refers to from nowhere; see known_wrongs.mjs.
const unreferred = ['ChatMessageContentItem', 'ChatMessageInputAudio', 'ChatCompletionsToolChoicePreset',
  'ChatCompletionsNamedToolChoice']

const read = (name) => {
  const text = readFileSync(join(originals, name), 'utf8')
  return name.endsWith('.yaml') ? parseYaml(text) : JSON.parse(text)
}

// A member of `properties` may have any of these names, so those are walked apart.
const prose = new Set(['description', 'title', 'summary', 'example', 'examples', 'externalDocs', 'default', 'deprecated'])
const extensions = new Set(['x-nullable', 'x-ms-discriminator-value'])

const withoutProse = (value) => {
  if (Array.isArray(value)) return value.map(withoutProse)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value)
    .filter(([key]) => !prose.has(key) && (!key.startsWith('x-') || extensions.has(key)))
    .map(([key, inner]) => [key, key === 'properties' ? mapValues(inner, withoutProse) : withoutProse(inner)]))
}
const mapValues = (object, f) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]))

const at = (document, pointer) =>
  pointer.slice(2).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')).reduce((v, key) => v[key], document)

// Copies what `value` refers to. In OpenAPI 2 the subtypes of a schema are found by what they refer to.
const copyReferences = (value, from, to) => {
  const pending = [value]
  while (pending.length > 0) {
    for (const [pointer] of JSON.stringify(pending.pop()).matchAll(/#\/[^"]+/g)) {
      const keys = pointer.slice(2).split('/')
      let place = to
      for (const key of keys.slice(0, -1)) place = place[key] ??= {}
      if (place[keys.at(-1)]) continue
      const copy = place[keys.at(-1)] = withoutProse(at(from, pointer))
      pending.push(copy)
      for (const [name, schema] of Object.entries(from.definitions ?? {}))
        if (schema.allOf?.some(({ $ref }) => $ref === pointer)) pending.push({ $ref: `#/definitions/${name}` })
    }
  }
}

for (const [name, operations] of Object.entries(documents)) {
  const from = read(name)
  const { openapi, swagger, info: { title, version } } = from
  const to = { ...(openapi ? { openapi } : { swagger }), info: { title, version }, paths: {} }
  for (const operation of operations) {
    const [method, path] = operation.split(' ')
    const { parameters = [], requestBody } = from.paths[path][method]
    const copy = withoutProse({ parameters, ...(requestBody && { requestBody }) })
    ;(to.paths[path] ??= {})[method] = copy
    copyReferences(copy, from, to)
  }
  if (from.definitions) copyReferences(unreferred.map((schema) => ({ $ref: `#/definitions/${schema}` })), from, to)
  writeFileSync(join(data, 'openapi', name.replace('.yaml', '.json')), JSON.stringify(to, null, 1) + '\n')
}

// The example answers are text, some with an ellipsis where numbers are left out, or a comma too many.
const sound = (text) => text.replace(/^\s*\.\.\.\..*$\n/gm, '').replace(/,(\s*[\]}])/g, '$1')
const upstream = read('openai-upstream.json')
const answers = []
const add = (operation, source, text) => {
  const blocks = sound(text).split('\n\n').map((block) => block.replace(/^event:.*\n/, '').replace(/^data: /, '').trim())
  const streamed = text.startsWith('event:') || /\}\n\n\{/.test(sound(text))
  const parts = streamed ? blocks.filter((block) => block !== '') : [sound(text).trim()]
  parts.forEach((part) => JSON.parse(part))
  answers.push({ operation, source, ...(streamed ? { events: parts } : { body: parts[0] }) })
}
const metaOf = (path, method) => upstream.paths[path][method]['x-oaiMeta'].examples
for (const [operation, path, method] of [
  ['chat/completions', '/chat/completions', 'post'],
  ['chat/completions', '/chat/completions/{completion_id}', 'get'],
  ['chat/completions', '/chat/completions/{completion_id}', 'post'],
  ['embeddings', '/embeddings', 'post'],
  ['images/generations', '/images/generations', 'post'],
  ['models', '/models', 'get'],
  ['files', '/files', 'post']]) {
  for (const example of [metaOf(path, method)].flat())
    add(operation, `${method} ${path}${example.title ? `, ${example.title}` : ''}`, example.response)
}
for (const [operation, schema] of [
  ['chat/completions', 'CreateChatCompletionResponse'], ['chat/completions', 'CreateChatCompletionStreamResponse'],
  ['images/generations', 'ImagesResponse']])
  add(operation, `schema ${schema}`, upstream.components.schemas[schema]['x-oaiMeta'].example)
writeFileSync(join(data, 'example_answers.json'), JSON.stringify({ source: 'openai-upstream.json', answers }, null, 1) + '\n')
