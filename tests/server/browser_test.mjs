// The page of examples/apps/server.cpp in a real browser; the service behind it is the emulator, on a leash (service.cpp).
//
// Usage, from a directory with playwright-core: node browser_test.mjs BROWSER SERVER SERVICE

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'

const { chromium } = createRequire(join(process.cwd(), '/'))('playwright-core')
const [executablePath, serverProgram, serviceProgram] = process.argv.slice(2)
const within = 20000 // ms, for whatever is waited for

let browser
before(async () => {
    browser = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    })
})
after(() => browser?.close())

/// Node.js waits for a promise for ever.
async function bounded(promise, what) {
    let timer
    const late = new Promise((_, reject) => timer = setTimeout(() => reject(new Error(`${what} does not come`)), within))
    try {
        return await Promise.race([promise, late])
    } finally {
        clearTimeout(timer)
    }
}

/// A program that talks in lines.
class Program {
    constructor(path, args, env = {}) {
        this.child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] })
        this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
        this.ended = once(this.child, 'exit')
    }

    async line() {
        const { value, done } = await bounded(this.lines.next(), `a line of ${this.child.spawnfile}`)
        assert(!done, 'the program has ended')
        return value
    }

    async end(signal) {
        this.child.kill(signal)
        return (await bounded(this.ended, `the end of ${this.child.spawnfile}`))[0]
    }
}

class Service extends Program {
    async ask(command) {
        this.child.stdin.write(command + '\n')
        return await this.line()
    }
}

const piece = text => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`
const whole = text => piece(text) +
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

/// A service and a server before it, for one test.
async function stage(t, { wordsPerSecond = 0, patience = 30, ...device } = {}) {
    const service = new Service(serviceProgram, [String(wordsPerSecond)])
    t.after(() => service.child.stdin.end())
    const port = await service.line()
    const server = new Program(serverProgram, ['0', String(patience)], {
        AZURE_AI_ENDPOINT: `http://127.0.0.1:${port}/v1`, AZURE_AI_API_KEY: 'emulator-key',
        AZURE_AI_MODEL: 'Mistral-Large-2411',
    })
    t.after(async () => assert.equal(await server.end('SIGTERM'), 0, 'the server ends in good order'))
    const url = await server.line()
    const context = await browser.newContext(device)
    context.setDefaultTimeout(within)
    t.after(() => context.close())
    const open = async () => {
        const page = await context.newPage()
        page.on('pageerror', error => { throw error })
        await page.goto(url)
        return page
    }
    return { service, server, url, port, context, open, page: await open() }
}

const input = page => page.getByLabel('Your question')
const answers = page => page.locator('.answer')
const note = page => page.locator('.note').last()
const idle = page => page.getByRole('button', { name: 'Send' }).waitFor()

async function ask(page, question) {
    await input(page).fill(question)
    await input(page).press('Enter')
}

async function begun(page) {
    await page.waitForFunction(() => [...document.querySelectorAll('.answer')].at(-1)?.textContent.length > 0)
}

const post = (url, body, type = 'application/json') =>
    fetch(url + 'chat', { method: 'POST', headers: { 'Content-Type': type }, body })

test('an answer appears in pieces and is what the service says, and the next question knows the conversation', async t => {
    const { page, port, service } = await stage(t, { wordsPerSecond: 60 })
    await ask(page, 'My name is Ada. Tell me about the Moon.')
    await begun(page)
    const lengths = await bounded(page.evaluate(() => new Promise(resolve => {
        const answer = document.querySelector('.answer')
        const seen = [answer.textContent.length]
        new MutationObserver(() => {
            seen.push(answer.textContent.length)
            if (answer.ariaBusy === 'false')
                resolve(seen)
        }).observe(answer, { attributes: true, characterData: true, subtree: true })
    })), 'the end of the answer')
    assert(new Set(lengths).size > 10, `it came in ${new Set(lengths).size} pieces`)

    const asked = JSON.parse(await service.ask('last'))
    const direct = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST', headers: { Authorization: 'Bearer emulator-key', 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...asked, stream: false }),
    })
    assert.equal(await answers(page).textContent(), (await direct.json()).choices[0].message.content)

    await ask(page, 'What is my name?')
    await idle(page)
    assert.match(await answers(page).last().textContent(), /^Your name is Ada/)
})

test('the stop button ends the call to the model while the model is silent', async t => {
    const { page, server, service } = await stage(t)
    await service.ask('silent ' + JSON.stringify(piece('Let me think ')))
    await ask(page, 'What is a coroutine?')
    await begun(page)
    assert.equal(await service.ask('connections'), '1')
    await page.getByRole('button', { name: 'Stop' }).click()
    assert.equal(await service.ask('open 0'), 'yes')
    assert.equal(await server.line(), 'answer: 1 pieces, the browser has left')
    assert.match(await note(page).textContent(), /^Stopped/)
    await page.getByRole('button', { name: 'Try again' }).click()
    await idle(page)
    assert.match(await answers(page).textContent(), /^A coroutine is a function/)
})

test('closing the tab ends the call to the model before its first byte, too', async t => {
    const { page, service } = await stage(t)
    await service.ask('silent ""')
    await ask(page, 'What is a coroutine?')
    assert.equal(await service.ask('requests 1'), 'yes')
    await page.close()
    assert.equal(await service.ask('open 0'), 'yes')
})

test('a page that is loaded again in mid-answer shows what had come, and goes on', async t => {
    const { page, service } = await stage(t)
    await service.ask('silent ' + JSON.stringify(piece('Once upon a time')))
    await ask(page, 'Tell me a story')
    await begun(page)
    await page.reload()
    assert.equal(await service.ask('open 0'), 'yes')
    assert.equal(await page.locator('.question').textContent(), 'Tell me a story')
    assert.equal(await answers(page).textContent(), 'Once upon a time')
    await ask(page, 'And of the Moon?')
    await idle(page)
    assert.match(await answers(page).last().textContent(), /384,400 kilometres/)
    const { messages } = JSON.parse(await service.ask('last'))
    assert.deepEqual(messages.map(m => m.role), ['system', 'user', 'assistant', 'user'])
})

test('two tabs are answered at once, each with its own conversation', async t => {
    const { page, open, service } = await stage(t, { wordsPerSecond: 60 })
    const other = await open()
    await ask(page, 'How many feet are in a mile?')
    await ask(other, 'Tell me a story')
    await Promise.all([begun(page), begun(other)])
    assert.equal(await service.ask('connections'), '2')
    await Promise.all([idle(page), idle(other)])
    assert.match(await answers(page).textContent(), /^A mile is 5,280 feet long[^]*heart of it|short version/)
    assert.match(await answers(other).textContent(), /^Once there was a lighthouse keeper/)
    assert.equal(await page.locator('article').count(), 1)
})

test('an error of the service is shown in words, with what to do next, and the question can be asked again', async t => {
    const { page, service } = await stage(t)
    await service.ask('json 401 {"error":{"code":"401","message":"Access denied due to invalid subscription key."}}')
    await ask(page, 'How many feet are in a mile?')
    await idle(page)
    const said = await note(page).locator('p').textContent()
    assert.match(said, /^Access denied due to invalid subscription key\. .*key/)
    assert(await note(page).isVisible())
    await page.getByRole('button', { name: 'Try again' }).click()
    await idle(page)
    assert.match(await answers(page).textContent(), /^A mile is 5,280 feet/)
    assert(await note(page).isHidden())
})

test('an error in mid-answer keeps what had come, and so does an answer that breaks off', async t => {
    const { page, service } = await stage(t)
    await service.ask('events ' + JSON.stringify(
        piece('A mile is') + 'data: {"error":{"code":"500","message":"The engine is overloaded."}}\n\n'))
    await ask(page, 'How many feet are in a mile?')
    await idle(page)
    assert.equal(await answers(page).textContent(), 'A mile is')
    assert.match(await note(page).textContent(), /The engine is overloaded\./)
    await service.ask('events ' + JSON.stringify(piece('A mile is')))
    await page.getByRole('button', { name: 'Try again' }).click()
    await idle(page)
    assert.equal(await answers(page).textContent(), 'A mile is')
    assert.match(await note(page).textContent(), /ended without its end marker/)
})

test('markup in a question or an answer stays text', async t => {
    const { page, service } = await stage(t)
    const markup = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</' + 'script><b>bold</b>'
    await service.ask('events ' + JSON.stringify(whole(markup)))
    await ask(page, markup)
    await idle(page)
    const check = async () => {
        assert.equal(await answers(page).textContent(), markup)
        assert.equal(await page.locator('.question').textContent(), markup)
        assert.equal(await page.locator('article img, article script, article b').count(), 0)
        assert.equal(await page.title(), 'Chat')
    }
    await check()
    await page.reload()
    await check()
})

test('everything is done with the keyboard alone, and the focus is seen', async t => {
    const { page, service } = await stage(t)
    const focus = () => page.evaluate(() => {
        const { id, textContent } = document.activeElement
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
        return [id || textContent, outlineStyle, outlineWidth]
    })
    assert.deepEqual(await focus(), ['question', 'solid', '2px'])
    await page.keyboard.press('Shift+Tab')
    assert.deepEqual(await focus(), ['Tell me a story', 'solid', '2px'])
    await page.keyboard.press('Enter')
    await idle(page)
    assert.deepEqual(await focus(), ['question', 'solid', '2px'])
    await service.ask('silent ' + JSON.stringify(piece('Well, ')))
    await page.keyboard.type('first line')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('second line')
    await page.keyboard.press('Enter')
    await begun(page)
    await page.keyboard.press('Escape')
    await idle(page)
    assert.equal(await page.locator('.question').last().textContent(), 'first line\nsecond line')
    await page.keyboard.press('Shift+Tab')
    assert.deepEqual(await focus(), ['Try again', 'solid', '2px'])
    await page.keyboard.press('Shift+Tab')
    assert.deepEqual(await focus(), ['fresh', 'solid', '2px'])
    await page.keyboard.press('Enter')
    await page.locator('#welcome').waitFor()
    assert.equal(await page.locator('article').count(), 0)
})

test('a server that ends in mid-answer closes its call, and the page says so', async t => {
    const { page, server, service } = await stage(t)
    await service.ask('silent ' + JSON.stringify(piece('Well, ')))
    await ask(page, 'Tell me a story')
    await begun(page)
    assert.equal(await server.end('SIGINT'), 0)
    assert.equal(await service.ask('open 0'), 'yes')
    await idle(page)
    assert.match(await note(page).textContent(), /The server cannot be reached\./)
})

test('a browser that takes nothing is left, and the call to the model with it', async t => {
    const { url, server, service } = await stage(t, { patience: 1 })
    await service.ask('events ' + JSON.stringify(piece('x'.repeat(16384)).repeat(256) + 'data: [DONE]\n\n'))
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Tell me a story' }] })
    const socket = connect(new URL(url).port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.on('error', () => {}).pause()
    socket.write(`POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    assert.match(await server.line(), /^answer: \d+ pieces, the browser took nothing for 1 s$/)
    assert.equal(await service.ask('open 0'), 'yes')
})

test('what is no conversation, too long, or from another site is refused, and nothing reaches the model', async t => {
    const { url, service } = await stage(t)
    const message = { role: 'user', content: 'x' }
    const refused = async (status, words, ...request) => {
        const response = await post(url, ...request)
        assert.equal(response.status, status)
        assert.match((await response.json()).message, words)
    }
    await refused(400, /application\/json/, JSON.stringify({ messages: [message] }), 'text/plain')
    await refused(400, /not a chat request/, '{"messages":')
    await refused(400, /1 to 100 messages/, JSON.stringify({ messages: Array(101).fill(message) }))
    await refused(400, /roles user and assistant/, JSON.stringify({ messages: [{ role: 'system', content: 'x' }] }))
    await refused(413, /too long/, JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(3e6) }] }))
    assert.equal((await fetch(url + 'nothing')).status, 404)
    const stranger = request(url + 'chat', {
        method: 'POST', headers: { Host: 'localhost.example.com', 'Content-Type': 'application/json' },
    }).end(JSON.stringify({ messages: [message] }))
    assert.equal((await once(stranger, 'response'))[0].statusCode, 400)
    assert.equal(await service.ask('connections'), '0')
})

test('with no service named, the server starts one and asks that over TLS', async t => {
    const server = new Program(serverProgram, ['0'], { AZURE_AI_ENDPOINT: '' })
    t.after(async () => assert.equal(await server.end('SIGTERM'), 0))
    const response = await post(await server.line(), JSON.stringify({ messages: [{ role: 'user', content: 'Be brief: miles?' }] }))
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    const pieces = [...(await response.text()).matchAll(/^event: piece\ndata: (.*)$/gm)].map(found => JSON.parse(found[1]).text)
    assert.equal(pieces.join(''), 'A mile is 5,280 feet long.')
})

// --- what it looks like --------------------------------------------------------

/// Runs in the page: every text with the contrast that it has against what is behind it.
function contrasts() {
    const channels = color => color.match(/[\d.]+/g).map(Number)
    const luminance = ([r, g, b]) => [r, g, b]
        .map(c => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
    const ground = element => {
        for (; element; element = element.parentElement) {
            const color = channels(getComputedStyle(element).backgroundColor)
            if (color[3] !== 0)
                return color
        }
        return [255, 255, 255]
    }
    const contrast = (element, color) => {
        const [a, b] = [luminance(channels(color)), luminance(ground(element))].sort((x, y) => y - x)
        return (a + 0.05) / (b + 0.05)
    }
    const found = []
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement
        if (texts.currentNode.data.trim() && element.checkVisibility() && !element.closest('script, style, .unseen'))
            found.push([texts.currentNode.data.trim(), contrast(element, getComputedStyle(element).color)])
    }
    const field = document.querySelector('#question')
    found.push(['input', contrast(field, getComputedStyle(field).color)])
    found.push(['placeholder', contrast(field, getComputedStyle(field, '::placeholder').color)])
    return found
}

async function look(page, name) {
    const [wide, space] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    assert(wide <= space, `${name} is ${wide} wide on ${space}`)
    const [end, begin] = await page.evaluate(() => [document.querySelector('main').lastElementChild, document.querySelector('footer')]
        .map((element, i) => element.getBoundingClientRect()[i === 0 ? 'bottom' : 'top']))
    assert(end <= begin, `${name}: the end of the conversation is seen`)
    const found = await page.evaluate(contrasts)
    assert(found.length >= 4)
    for (const [text, contrast] of found)
        assert(contrast >= 4.5, `${name}: "${text}" has a contrast of ${contrast.toFixed(2)}`)
    await page.screenshot({ path: `${name}.png` })
    return Math.min(...found.map(([, contrast]) => contrast))
}

const devices = {
    phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    desk: { viewport: { width: 1280, height: 800 } },
}
for (const [device, its] of Object.entries(devices)) {
    for (const colorScheme of ['light', 'dark']) {
        test(`it is readable and fits on a ${device}, ${colorScheme}`, async t => {
            const { page, service } = await stage(t, { ...its, colorScheme })
            const name = part => `${device}-${colorScheme}-${part}`
            const least = [await look(page, name('welcome'))]
            await ask(page, 'How many feet are in a mile?')
            await idle(page)
            await ask(page, 'And what about a very long word such as ' + 'Donaudampfschiff'.repeat(12) + '?')
            await idle(page)
            await service.ask('silent ' + JSON.stringify(piece('A coroutine is a function that can pause')))
            await ask(page, 'What is a coroutine?')
            await begun(page)
            least.push(await look(page, name('writing')))
            await page.keyboard.press('Escape')
            await idle(page)
            await service.ask('json 404 {"error":{"code":"unknown_model","message":"Unknown model: Mistral-Large-2411"}}')
            await ask(page, 'Tell me a story')
            await idle(page)
            least.push(await look(page, name('error')))
            t.diagnostic(`the least contrast is ${Math.min(...least).toFixed(2)}`)
        })
    }
}
