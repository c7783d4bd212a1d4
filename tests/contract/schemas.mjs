// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// OpenAPI 2 and 3 schemas as JSON Schema 2020-12.
//
// The documents rarely forbid unknown members, so a misspelt one would pass. Strictly, every object whose members a document lists
// has no others. `unevaluatedProperties` says so, and belongs where the parts of an object come together and not in each part of an
// `allOf`; so each schema has an open form, to be a part, and a closed one.

const mapValues = (object, f) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]))
const nameOf = (pointer) => pointer.split('/').at(-1)

const orNull = (schema) =>
  typeof schema.type === 'string' && !schema.enum && !schema.allOf && !schema.anyOf && !schema.oneOf
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [{ type: 'null' }, schema] }

export class Document {
  constructor(openapi, strict) {
    this.openapi = openapi
    this.strict = strict
    this.schemas = openapi.definitions ?? openapi.components?.schemas ?? {}
    for (const [name, schema] of Object.entries(this.schemas)) // a schema that holds itself, in the words of 2019-09
      this.schemas[name] = JSON.parse(JSON.stringify(schema).replaceAll('"$recursiveRef":"#"', `"$ref":"#/${name}"`))
  }

  /// The JSON Schema of a schema of the document, and all that it may refer to. It is open itself: the caller looks after unknown
  /// members at the top.
  jsonSchema(schema) {
    const $defs = {}
    for (const [name, one] of Object.entries(this.schemas)) {
      $defs[`open.${name}`] = this.#definition(name, one, false)
      $defs[`closed.${name}`] = this.#definition(name, one, this.strict)
      $defs[`base.${name}`] = this.#convert(one, false, name)
    }
    return { ...this.#convert(schema, false), $defs }
  }

  /// The members that an object of this schema may have, each with its schema.
  membersOf(schema) {
    if (schema.$ref) return this.membersOf(this.schemas[nameOf(schema.$ref)])
    return Object.assign({}, ...(schema.allOf ?? []).map((part) => this.membersOf(part)), schema.properties)
  }

  /// Which schema the value of the discriminating member stands for.
  #subtypes(name, { discriminator }) {
    if (discriminator?.mapping) return mapValues(discriminator.mapping, nameOf)
    if (typeof discriminator !== 'string') return undefined // with `oneOf`, which says it all
    const derived = Object.entries(this.schemas)
      .filter(([, schema]) => schema.allOf?.some(({ $ref }) => $ref && nameOf($ref) === name))
    return Object.fromEntries(derived.map(([child, schema]) => [schema['x-ms-discriminator-value'], child]))
  }

  #definition(name, schema, closed) {
    const subtypes = this.#subtypes(name, schema)
    if (!subtypes) return this.#convert(schema, closed, name)
    const tag = schema.discriminator.propertyName ?? schema.discriminator
    return {
      type: 'object',
      required: [tag],
      properties: { [tag]: { enum: Object.keys(subtypes) } },
      allOf: Object.entries(subtypes).map(([value, child]) => ({
        if: { properties: { [tag]: { const: value } } },
        then: { $ref: `#/$defs/${closed ? 'closed' : 'open'}.${child}` },
      })),
    }
  }

  /// `self` is the name of the schema where it is a definition of its own.
  #convert(schema, closed, self) {
    if (schema.$ref) return { $ref: `#/$defs/${closed ? 'closed' : 'open'}.${nameOf(schema.$ref)}` }
    if (schema.nullable || schema['x-nullable']) {
      const { nullable, 'x-nullable': _, ...rest } = schema
      return orNull(this.#convert(rest, closed, self))
    }
    // A part that stands alone is there to carry a description.
    if (schema.allOf?.length === 1 && !schema.properties && !self) return this.#convert(schema.allOf[0], closed)

    const joins = Boolean(schema.allOf || schema.properties)
    const made = {}
    for (const [key, value] of Object.entries(schema)) {
      if (['discriminator', 'x-ms-discriminator-value', 'readOnly', '$recursiveAnchor', 'nullable'].includes(key)) continue
      if (key === 'properties') made.properties = mapValues(value, (one) => this.#convert(one, this.strict))
      else if (key === 'items') made.items = this.#convert(value, this.strict)
      else if (key === 'anyOf' || key === 'oneOf') made[key] = value.map((one) => this.#convert(one, closed && !joins))
      else if (key === 'allOf') made.allOf = value.map((part) => this.#part(part, self))
      else if (key === 'additionalProperties' && typeof value === 'object') made[key] = this.#convert(value, this.strict)
      else if (key === 'additionalProperties' && !this.strict) continue
      else made[key] = value
    }
    if (closed && joins && !('additionalProperties' in schema)) made.unevaluatedProperties = false
    return made
  }

  /// A definition that builds on a discriminated one has that one's members, not the members of all its other subtypes.
  #part(part, self) {
    if (self && part.$ref && this.#subtypes(nameOf(part.$ref), this.schemas[nameOf(part.$ref)]))
      return { $ref: `#/$defs/base.${nameOf(part.$ref)}` }
    return this.#convert(part, false)
  }
}
