// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Compares the schemas of own_schemas.cpp with a validator, and with the rules of the services for strict schemas.
//
//     own_schemas | node own_schemas.mjs     in a directory with the packages of package.json

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const Ajv = createRequire(join(process.cwd(), '/'))('ajv/dist/2020').default
const allowed = new Set(['type', 'description', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'anyOf', '$ref', '$defs'])
let problems = 0
const wrong = (name, what) => {
  console.log(`${name}: ${what}`)
  ++problems
}

/// What a service checks of a strict schema.
const checkRules = (name, schema, isStrict, path = '#') => {
  for (const key of Object.keys(schema)) if (!allowed.has(key)) wrong(name, `${path} has ${key}`)
  if ('$ref' in schema && Object.keys(schema).length !== 1) wrong(name, `${path} has more than a reference`)
  const isObject = [schema.type].flat().includes('object')
  if (isObject && isStrict) {
    if (schema.additionalProperties !== false) wrong(name, `${path} allows other members`)
    if (JSON.stringify(Object.keys(schema.properties)) !== JSON.stringify(schema.required))
      wrong(name, `${path} does not require its members in their order`)
  }
  for (const [member, inner] of Object.entries(schema.properties ?? {})) checkRules(name, inner, isStrict, `${path}/${member}`)
  for (const [member, inner] of Object.entries(schema.$defs ?? {})) checkRules(name, inner, isStrict, `${path}/$defs/${member}`)
  for (const inner of schema.anyOf ?? []) checkRules(name, inner, isStrict, `${path}/anyOf`)
  if (schema.items) checkRules(name, schema.items, isStrict, `${path}/items`)
  if (typeof schema.additionalProperties === 'object') checkRules(name, schema.additionalProperties, isStrict, `${path}/*`)
}

let schemas = 0
let texts = 0
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const { name, schema, strict, good, bad } = JSON.parse(line)
  ++schemas
  if (schema.type !== 'object') wrong(name, 'the root is no object')
  checkRules(name, schema, strict)
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)
  for (const one of good) {
    ++texts
    if (!validate(one)) wrong(name, `refuses ${JSON.stringify(one)}: ${JSON.stringify(validate.errors)}`)
  }
  for (const one of bad) {
    ++texts
    if (validate(one)) wrong(name, `takes ${JSON.stringify(one)}`)
  }
}
console.log(`report: own schemas: ${schemas} schemas, ${texts} texts, ${problems} problems`)
process.exit(problems === 0 && schemas > 40 ? 0 : 1)
