// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Checks the requests that the tests sent against the services' OpenAPI documents.
//
//     node check.mjs DATA JOURNAL     in a directory with the packages of package.json
//
// A journal is what the emulator writes (`emulator_options::journal_file`). Of its requests those are checked that the library
// sent, unless the emulator refused them: then a test had made them wrong on purpose. Requests whose x-ms-client-request-id begins
// with `contract-` are checked whatever became of them.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { knownWrongs } from './known_wrongs.mjs'
import { Document } from './schemas.mjs'

const Ajv = createRequire(join(process.cwd(), '/'))('ajv/dist/2020').default
const [data, journal] = process.argv.slice(2)

// ---- The documents

const readDocument = (name) => {
  const openapi = JSON.parse(readFileSync(join(data, 'openapi', `${name}.json`), 'utf8'))
  const schemas = openapi.definitions ?? openapi.components?.schemas
  for (const wrong of knownWrongs.filter((one) => one.in.includes(name))) {
    try {
      wrong.change(schemas, openapi)
    } catch (failed) {
      throw new Error(`${name}: "${wrong.what}": ${failed.message}`)
    }
  }
  return openapi
}

const names = ['models-2024-05-01-preview', 'models-2025-04-01', 'models-images', 'azure-openai-2024-10-21',
  'azure-openai-v1', 'openai-upstream']
const documents = Object.fromEntries(names.map((name) => [name, readDocument(name)]))

// The documents that hold for a form. The first that has the operation describes it; a member that it does not have may be one of
// a later document, which knows newer members.
const openai = ['azure-openai-v1', 'openai-upstream']
const forms = {
  models: { documents: ['models-2024-05-01-preview', 'models-images'], later: openai },
  dated: { documents: ['azure-openai-2024-10-21', ...openai], later: openai },
  v1: { documents: openai, later: ['openai-upstream'] },
  compatible: { documents: ['openai-upstream'], later: [], loose: true },
}

// ---- What a request is for

const nameOf = (pointer) => pointer.split('/').at(-1)
const host = (request) => request.host.toLowerCase().replace(/:\d+$/, '')

const route = (request) => {
  const [doubled, query = ''] = request.target.split('?')
  const path = doubled.replace(/^\/+/, '/') // one recorded URL has two slashes there
  const found = (form, operation, scoped = false) => ({ form, operation, scoped, query: new URLSearchParams(query) })
  const rules = [
    [/^\/models\/(.+)$/, 'models'],
    [/^\/openai\/v1\/(.+)$/, 'v1'],
    [/^\/api\/projects\/[^/]+\/openai\/v1\/(.+)$/, 'v1'],
    [/^\/openai\/deployments\/[^/]+\/(.+)$/, 'dated', true],
    [/^\/openai\/(.+)$/, 'dated'],
    [/^\/v1\/(.+)$/, 'compatible'],
    [/^(?:\/orgs\/[^/]+)?\/inference\/(.+)$/, 'compatible'],
  ]
  for (const [pattern, form, scoped] of rules) {
    const match = pattern.exec(path)
    if (match) return found(form, match[1], scoped)
  }
  if (/\.(models\.ai|inference\.ml)\.azure\.com$/.test(host(request))) return found('models', path.slice(1))
  if (host(request) === 'models.inference.ai.azure.com') return found('compatible', path.slice(1))
  return undefined
}

// ---- What an operation takes

const ajv = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false, strictTuples: false, validateFormats: true })
const isWithin = (bits) => (n) => Number.isInteger(n) && n >= -(2 ** (bits - 1)) && n < 2 ** (bits - 1)
ajv.addFormat('int32', { type: 'number', validate: isWithin(32) })
ajv.addFormat('int64', { type: 'number', validate: isWithin(64) })
ajv.addFormat('float', { type: 'number', validate: Number.isFinite })
ajv.addFormat('uri', (text) => URL.canParse(text))
ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/)
ajv.addFormat('binary', true)
ajv.addFormat('string', true)

const once = (f) => {
  const made = new Map()
  return (...key) => {
    const text = key.join(' ')
    if (!made.has(text)) made.set(text, f(...key))
    return made.get(text)
  }
}

/// An operation in one document; nothing where it has none such.
const describe = once((name, loose, method, path) => {
  const found = documents[name].paths[path]?.[method]
  if (!found) return undefined
  const document = new Document(documents[name], !loose)
  const parameters = found.parameters.map((one) => (one.$ref ? documents[name].parameters[nameOf(one.$ref)] : one))
  const content = found.requestBody?.content
  const schema = content ? Object.values(content)[0].schema : parameters.find((one) => one.in === 'body')?.schema
  const members = schema ? document.membersOf(schema) : {}
  return {
    parameters,
    type: content ? Object.keys(content)[0] : schema && 'application/json',
    members,
    required: (schema?.$ref ? document.schemas[nameOf(schema.$ref)] : schema)?.required ?? [],
    validate: schema && ajv.compile(document.jsonSchema(schema)),
    /// Of one member alone.
    validateMember: once((member) =>
      ajv.compile(document.jsonSchema({ type: 'object', properties: { [member]: members[member] } }))),
  }
})

/// What a request has to be like. `own`: the form's own document says it, and not that of another form.
const find = ({ form, operation, query }, method) => {
  const { documents: [own, ...others], later, loose = false } = forms[form]
  const newer = form === 'models' && query.get('api-version') !== '2024-05-01-preview'
  const chain = [newer ? 'models-2025-04-01' : own, ...others]
  const look = (name) =>
    describe(name, loose, method, `${name === own && form === 'dated' ? '/deployments/{deployment-id}' : ''}/${operation}`)
  const first = chain.find(look)
  return first && {
    ...look(first),
    own: first === chain[0] || form === 'models',
    others: later.filter((name) => name !== first).map(look).filter(Boolean),
  }
}

// ---- What is wrong with a request

/// Errors that only tell that an alternative does not fit say little; of the others, the deepest say the most.
const explain = (errors) => {
  const depth = ({ instancePath }) => instancePath.split('/').length
  const isAlternative = ({ keyword, params, instancePath }) =>
    ['anyOf', 'oneOf', 'if'].includes(keyword) || params.type === 'null' || (keyword === 'enum' && /\/(role|type)$/.test(instancePath))
  const telling = errors.filter((one) => !isAlternative(one))
  const kept = telling.length > 0 ? telling : errors
  const deepest = Math.max(...kept.map(depth))
  const texts = kept.filter((one) => depth(one) === deepest).map(({ instancePath, message, params }) => {
    const detail = params.unevaluatedProperty ?? params.allowedValues?.join(', ')
    return `${instancePath || 'the body'} ${message}${detail ? `: ${detail}` : ''}`
  })
  return [...new Set(texts)].slice(0, 4).join('; ')
}

const header = (request, name) => request.headers.find(([one]) => one.toLowerCase() === name)

const checkParameters = (request, { form, query }, { parameters, own }, say) => {
  for (const { name, in: where, required, schema, ...rest } of parameters) {
    const value = where === 'query' ? query.get(name) : where === 'header' ? header(request, name)?.[1] : undefined
    if (where !== 'query' && where !== 'header') continue
    if (value === null || value === undefined) {
      if (required) say(`lacks the ${where} parameter ${name}`)
      continue
    }
    const allowed = (schema ?? rest).enum
    if (own && allowed && !allowed.includes(value)) say(`${name} is ${value}, not one of ${allowed.join(', ')}`)
    if (value === '') say(`${name} is empty`)
  }
  if (form === 'dated' && !query.get('api-version')) say('lacks the query parameter api-version')
  if (!isContract(request)) return // others have what their endpoint was told to add
  const known = parameters.filter((one) => one.in === 'query').map(({ name }) => name)
  if (form === 'dated') known.push('api-version')
  for (const name of query.keys())
    if (!known.includes(name)) say(`has the query parameter ${name}, which the operation does not have`)
}

const checkMembers = (request, where, operation, body, say) => {
  for (const name of Object.keys(body)) {
    if (name in operation.members) continue
    const other = operation.others.find((one) => name in one.members)
    const validate = other?.validateMember(name)
    if (validate && !validate({ [name]: body[name] })) say(explain(validate.errors))
    if (where.form === 'models' && !header(request, 'extra-parameters'))
      say(`has the extra parameter ${name}, and no extra-parameters field`)
    else if (!other && where.form !== 'compatible' && !extras.has(name))
      say(`has a member that no document knows: ${name}`)
  }
}

/// What programs add through `extra`: parameters that are a model's own.
const extras = new Set(['top_k', 'safe_prompt'])

const checkBody = (request, where, operation, say) => {
  let body
  try {
    body = JSON.parse(request.body)
  } catch {
    return say('its body is not JSON')
  }
  if (!operation.validate(body)) say(explain(operation.validate.errors))
  if (body !== null && typeof body === 'object') checkMembers(request, where, operation, body, say)
}

/// The parts by name. What a file holds does not matter here.
const partsOf = (request) => {
  const boundary = /boundary="?([^";]+)/.exec(header(request, 'content-type')[1])?.[1]
  const text = request.body ?? Buffer.from(request.body_base64, 'base64').toString('latin1')
  if (!boundary || !text.endsWith(`--${boundary}--\r\n`)) return undefined
  return text.split(`--${boundary}`).slice(1, -1).map((one) => {
    const head = one.slice(0, one.indexOf('\r\n\r\n'))
    return {
      name: /[; ]name="([^"]*)"/i.exec(head)?.[1],
      isFile: /filename="/i.test(head) && /^content-type:/im.test(head),
    }
  })
}

const checkParts = (request, operation, say) => {
  const parts = partsOf(request)
  if (!parts) return say('its body is not multipart/form-data')
  for (const name of operation.required)
    if (!parts.some((one) => one.name === name)) say(`lacks the part ${name}`)
  for (const one of parts) {
    if (!(one.name?.split(/[.[]/)[0] in operation.members)) say(`has a part that the operation does not have: ${one.name}`)
    if (one.name === 'file' && !one.isFile) say('the part file lacks a file name or a Content-Type')
  }
}

const refusals = (request) => {
  const found = []
  const say = (text) => found.push(text)
  const where = route(request)
  const operation = where && find(where, request.method.toLowerCase())
  if (!operation) return ['no document has this operation']
  if (where.form === 'dated' && where.scoped !== operation.own)
    say(`its path ${where.scoped ? 'names a deployment' : 'names no deployment'}, against the document`)
  checkParameters(request, where, operation, say)
  if (isContract(request) && where.form !== 'compatible' && !header(request, 'api-key') && !header(request, 'authorization'))
    say('has no key')
  if (!operation.type) {
    if (request.body) say('has a body')
    return found
  }
  const [, type = 'nothing'] = header(request, 'content-type') ?? []
  if (type.split(';')[0] !== operation.type) say(`is ${type}, not ${operation.type}`)
  else if (operation.type === 'application/json') checkBody(request, where, operation, say)
  else checkParts(request, operation, say)
  return found
}

// ---- That the check itself refuses

const isContract = (request) => header(request, 'x-ms-client-request-id')?.[1]?.startsWith('contract-') ?? false

const addresses = {
  models: ['contoso.services.ai.azure.com', (operation) => `/models/${operation}?api-version=2024-05-01-preview`],
  dated: ['contoso.openai.azure.com', (operation) => `/openai/deployments/d/${operation}?api-version=2024-10-21`],
  v1: ['contoso.openai.azure.com', (operation) => `/openai/v1/${operation}`],
  compatible: ['localhost', (operation) => `/v1/${operation}`],
}
// A plain request, a member of a wrong type, and what is misspelt.
const samples = {
  'chat/completions': [
    { model: 'm', messages: [{ role: 'user', content: 'Hello.' }] },
    { temperature: 'hot' },
    { temprature: 1 },
    { messages: [{ role: 'user', content: 'Hello.', nmae: 'x' }] },
    { tools: [{ type: 'function', function: { name: 'f', params: {} } }] },
  ],
  embeddings: [{ model: 'm', input: ['Hello.'] }, { input: [true] }, { dimension: 3 }],
  'images/generations': [
    { model: 'm', prompt: 'A cat.', size: '1024x1024', n: 1 }, { n: 'one' }, { qualty: 'hd' }],
  'images/embeddings': [
    { model: 'm', input: [{ image: 'data:image/png;base64,AAAA' }] },
    { input: ['AAAA'] },
    { dimension: 3 },
    { input: [{ image: 'x', txet: 'y' }] },
  ],
  responses: [{ model: 'm', input: 'Hello.' }, { temperature: 'hot' }, { instrctions: 'x' }],
}

const upload = (disposition) => ({
  method: 'POST', target: '/openai/v1/files', host: 'contoso.openai.azure.com',
  headers: [['Content-Type', 'multipart/form-data; boundary=b'], ['api-key', null]],
  body: `--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\n${disposition}\r\n\r\n{}\r\n--b--\r\n`,
})
const uploads = {
  'a file': ['Content-Disposition: form-data; name="file"; filename="a.jsonl"\r\nContent-Type: application/jsonl', false],
  'a file without a type': ['Content-Disposition: form-data; name="file"; filename="a.jsonl"', true],
  'no file': ['Content-Disposition: form-data; name="flie"; filename="a.jsonl"\r\nContent-Type: text/plain', true],
}

const checkTheCheck = () => {
  const failures = []
  let canaries = 0
  const expect = (request, refused, what) => {
    ++canaries
    const reasons = refusals(request)
    if (reasons.length > 0 && !refused) failures.push(`${request.target}: ${what} is refused: ${reasons.join('; ')}`)
    if (reasons.length === 0 && refused) failures.push(`${request.target}: ${what} passes`)
  }
  for (const [form, [address, target]] of Object.entries(addresses)) {
    for (const [operation, [good, wrong, ...misspelt]] of Object.entries(samples)) {
      const request = (body, ...headers) => ({
        method: 'POST', target: target(operation), host: address, body: JSON.stringify(body),
        headers: [['Content-Type', 'application/json'], ['api-key', null], ...headers],
      })
      const found = find(route(request(good)), 'post')
      if (!found || (form === 'dated' && !found.own)) continue
      expect(request(good), false, 'a plain request')
      if (form !== 'compatible' || operation !== 'responses') // OpenAI's document demands no member of it
        expect(request({}), true, 'an empty object')
      expect(request({ ...good, ...wrong }), true, 'a member of a wrong type')
      for (const one of misspelt) {
        expect(request({ ...good, ...one }), form !== 'compatible', 'a misspelt member')
        if (form === 'models')
          expect(request({ ...good, ...one }, ['extra-parameters', 'pass-through']), true, 'a misspelt extra parameter')
      }
    }
  }
  for (const [what, [disposition, refused]] of Object.entries(uploads)) expect(upload(disposition), refused, what)
  return { canaries, failures }
}

// ---- All of it

const whyLeftOut = (request) => {
  if (isContract(request)) return undefined
  if (!header(request, 'user-agent')?.[1]?.startsWith('foundry-cpp/')) return 'sent by something else than the library'
  const where = route(request)
  if (where && !find(where, request.method.toLowerCase())) return 'a route that no document here has'
  if (request.status !== null && request.status > 299) return `refused by the emulator with ${request.status}, as the test wants`
  return undefined
}
const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1)

const { canaries, failures } = checkTheCheck()
const checked = new Map()
const contract = new Map()
const leftOut = new Map()
const reasons = new Map()
let total = 0
let refused = 0
for (const line of readFileSync(journal, 'utf8').split('\n').filter((text) => text !== '')) {
  const request = JSON.parse(line)
  const why = whyLeftOut(request)
  if (why) {
    count(leftOut, why)
    continue
  }
  const where = route(request)
  const group = where ? `${where.form} ${where.operation}` : request.target
  const found = refusals(request)
  ++total
  count(checked, group)
  if (isContract(request)) count(contract, group)
  if (found.length > 0) ++refused
  const name = isContract(request) ? header(request, 'x-ms-client-request-id')[1] : `${request.method} ${request.target}`
  for (const reason of found) {
    const key = `${group}: ${reason}`
    reasons.set(key, [...(reasons.get(key) ?? []), name])
  }
}

for (const [group, n] of [...checked].sort()) console.log(`  ${group}: ${n}, of which ${contract.get(group) ?? 0} made for this`)
for (const [why, n] of [...leftOut].sort()) console.log(`  left out, ${why}: ${n}`)
for (const failure of failures) console.log(`THE CHECK IS BROKEN: ${failure}`)
for (const [reason, by] of reasons)
  console.log(`REFUSED ${reason} (${by.slice(0, 3).join('; ')}${by.length > 3 ? `; ${by.length - 3} more` : ''})`)
const missing = Object.keys(forms)
  .flatMap((form) => ['chat/completions', 'embeddings'].map((operation) => `${form} ${operation}`))
  .filter((group) => !contract.has(group))
for (const group of missing) console.log(`NOTHING TO CHECK: ${group}`)
console.log(`report: contract: ${total} requests checked, ${refused} refused; ${canaries} canaries, ${failures.length} broken`)
process.exit(total > 0 && refused === 0 && failures.length === 0 && missing.length === 0 ? 0 : 1)
