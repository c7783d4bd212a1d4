// Copyright the foundry authors. Distributed under the Boost Software License, Version 1.0.

// Where the documents are wrong, or behind the services: what the check reads instead, and why. Each entry changes one thing in one
// document, and fails where that thing is no longer there.

const models = ['models-2024-05-01-preview', 'models-2025-04-01']
const dated = ['azure-openai-2024-10-21']
const v1 = ['azure-openai-v1']

const expect = (there) => {
  if (!there) throw new Error('the document no longer says so')
}
const addMember = (schema, name, value) => {
  expect(schema && !schema.properties[name])
  schema.properties[name] = value
}

const tokenLists = { type: 'array', items: { type: 'array', items: { type: 'integer' } } }

export const knownWrongs = [
  // --- Foundry Models

  { in: models, what: 'temperature is at most 1',
    why: 'OpenAI models behind the same address take up to 2, and values are never clamped',
    change: ({ ChatCompletionsOptions: { properties } }) => {
      expect(properties.temperature.maximum === 1)
      properties.temperature.maximum = 2
    } },
  { in: models, what: 'a part input_audio has a format and no data',
    why: 'an oversight: ChatMessageInputAudio is there and unused; the reference and every SDK send input_audio: {data, format}',
    change: ({ ChatMessageInputAudioContentItem: item, ChatMessageInputAudio }) => {
      expect(item.properties.format && ChatMessageInputAudio)
      item.properties = { input_audio: { $ref: '#/definitions/ChatMessageInputAudio' } }
      item.required = ['input_audio']
    } },
  { in: models, what: 'the role developer has no message',
    why: 'ChatRole has it, and so do the SDKs: as system',
    change: (schemas) => {
      expect(!schemas.ChatRequestDeveloperMessage)
      schemas.ChatRequestDeveloperMessage = { ...schemas.ChatRequestSystemMessage, 'x-ms-discriminator-value': 'developer' }
    } },
  { in: models, what: 'the content of a user message is anything',
    why: 'chat.tsp says: a string or an array of parts',
    change: ({ ChatRequestUserMessage: { properties } }) => {
      expect(Object.keys(properties.content).length === 0)
      const items = { $ref: '#/definitions/ChatMessageContentItem' }
      properties.content = { anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items }] }
    } },
  { in: models, what: 'tool_choice is anything',
    why: 'chat.tsp says: one of ChatCompletionsToolChoicePreset or a ChatCompletionsNamedToolChoice, both there and unused',
    change: ({ ChatCompletionsOptions: { properties } }) => {
      expect(Object.keys(properties.tool_choice).length === 0)
      properties.tool_choice = { anyOf: [
        { $ref: '#/definitions/ChatCompletionsToolChoicePreset' }, { $ref: '#/definitions/ChatCompletionsNamedToolChoice' }] }
    } },
  { in: models, what: 'an assistant message has no reasoning_content',
    why: 'answers have it, and DeepSeek wants its own back to find what it has cached',
    change: ({ ChatRequestAssistantMessage }) => addMember(ChatRequestAssistantMessage, 'reasoning_content', { type: 'string' }) },

  { in: models, what: 'what is embedded is text alone',
    why: "the reference's own text allows tokens, too",
    change: ({ EmbeddingsOptions: { properties } }) => {
      expect(properties.input.items.type === 'string')
      properties.input = { anyOf: [properties.input, tokenLists] }
    } },
  { in: ['models-2024-05-01-preview'], what: 'info takes no model',
    why: 'a resource has several; the next version names it in the query',
    change: (schemas, { paths }) => {
      const { parameters } = paths['/info'].get
      expect(parameters.every((one) => one.name !== 'model'))
      parameters.push({ name: 'model', in: 'query', required: false, type: 'string' })
    } },

  // --- Azure OpenAI, dated: the last stable version, behind the previews

  { in: dated, what: 'a deployment is named chat, gpt-4o or embedding, and the api-version is 2024-10-21',
    why: 'the copy was made for a gateway; a deployment has any name, and the form is the same in every version',
    change: (schemas, { paths }) => {
      for (const { post } of Object.values(paths))
        for (const parameter of post.parameters) delete parameter.schema.enum
    } },
  { in: dated, what: 'response_format.json_schema has a type',
    why: 'it stands beside it, and the service takes it from nowhere else',
    change: ({ ResponseFormatJsonSchema: { properties } }) => {
      expect(properties.json_schema.required.includes('type'))
      properties.json_schema.required = properties.json_schema.required.filter((name) => name !== 'type')
    } },
  { in: dated, what: 'there is no role developer', why: 'newer versions and models have it; a message as of system',
    change: ({ chatCompletionRequestMessage: message, chatCompletionRequestSystemMessage: system, ...rest }, { components }) => {
      expect(!rest.chatCompletionRequestDeveloperMessage)
      const developer = structuredClone(system)
      developer.properties.role.enum = ['developer']
      components.schemas.chatCompletionRequestDeveloperMessage = developer
      message.oneOf.push({ $ref: '#/components/schemas/chatCompletionRequestDeveloperMessage' })
    } },
  { in: dated, what: 'there is no part input_audio', why: 'newer versions have it, as in v1',
    change: ({ chatCompletionRequestUserMessageContentPart: part }) => {
      expect(part.oneOf.length === 2)
      part.oneOf.push({
        type: 'object', required: ['type', 'input_audio'],
        properties: {
          type: { enum: ['input_audio'] },
          input_audio: {
            type: 'object', required: ['data', 'format'],
            properties: { data: { type: 'string' }, format: { enum: ['wav', 'mp3'] } },
          },
        },
      })
    } },

  { in: dated, what: 'what is embedded is text alone', why: 'v1 says that tokens are taken, and so did earlier versions',
    change: (schemas, { paths }) => {
      const { input } = paths['/deployments/{deployment-id}/embeddings'].post.requestBody.content['application/json'].schema.properties
      expect(input.oneOf.length === 2)
      input.oneOf.push(tokenLists)
    } },

  // --- Azure OpenAI v1

  { in: v1, what: 'modalities is an object and an array at once',
    why: 'it is ResponseModalities, an array',
    change: ({ AzureCreateChatCompletionRequest: { properties } }) => {
      expect(properties.modalities.type === 'object')
      delete properties.modalities.type
    } },
  { in: v1, what: 'a file has to expire', why: 'expires_after is optional in the reference',
    change: ({ AzureCreateFileRequestMultiPart: schema }) => {
      expect(schema.required.includes('expires_after'))
      schema.required = schema.required.filter((name) => name !== 'expires_after')
    } },
  { in: v1, what: 'reasoning_effort is low, medium or high',
    why: "newer models take more: these are the values of OpenAI's document",
    change: (schemas) => {
      expect(schemas['OpenAI.ReasoningEffort'].enum.length === 3)
      schemas['OpenAI.ReasoningEffort'].enum = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']
    } },
  { in: v1, what: 'stream_options has no include_obfuscation',
    why: "OpenAI's document has it, and Azure's streams hold obfuscation",
    change: (schemas) => addMember(schemas['OpenAI.ChatCompletionStreamOptions'], 'include_obfuscation', { type: 'boolean' }) },
  { in: v1, what: 'an assistant message has no reasoning_content',
    why: 'DeepSeek is served here too; see above',
    change: (schemas) =>
      addMember(schemas['OpenAI.ChatCompletionRequestAssistantMessage'], 'reasoning_content', { type: 'string' }) },
]
