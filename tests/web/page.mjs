// The page in a real browser: page.mjs PORT FOLDER. Prints a line for each check, and leaves screenshots in the folder for a person to look at.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';

const [port, folder] = process.argv.slice(2), require = createRequire((process.env.INK_WEB_MODULES || process.env.HOME + '/.cache/inkstone-tests/web') + '/');
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const patience = Number(process.env.INK_PATIENCE || 1), learning = 180000 * patience; // make asan waits longer
const check = (name, ok, why) => console.log(ok ? `ok - page ${name}` : `not ok - page ${name}: ${String(why).replaceAll('\n', ' ').slice(0, 400)}`);

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'] });
const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, locale: 'en-US', acceptDownloads: true });
const page = await context.newPage(), broken = [];
page.setDefaultTimeout(30000 * patience);
page.on('pageerror', e => broken.push(e.message));
page.on('console', m => { if (m.type() === 'error') broken.push(m.text()); });

const url = `http://127.0.0.1:${port}/`, count = selector => page.locator(selector).count();
const answers = '#messages li.assistant .tools', last = () => page.locator('#messages li.assistant .body').last().innerText();
const idle = () => page.waitForFunction(() => !document.querySelector('#messages [aria-busy]') && document.getElementById('stop').hidden);
const shot = name => page.screenshot({ path: `${folder}/${name}.png` });

async function send(text) {
  await page.fill('#input', text);
  await page.keyboard.press('Enter');
}

async function violations(where) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const found = (await page.evaluate(() => window.axe.run())).violations.filter(v => ['serious', 'critical'].includes(v.impact));
  check(`has no serious fault for a screen reader: ${where}`, !found.length, JSON.stringify(found.map(v => [v.id, v.nodes[0].html])));
}

async function configure(values) {
  await page.click('#settings-open');
  for (const [name, value] of Object.entries(values)) await page.fill(`#settings [name=${name}]`, value);
  await page.click('#settings button[value=save]');
}

async function chat() {
  await page.goto(url);
  await page.waitForSelector('.empty');
  await configure({ max_tokens: '14' });
  await violations('welcome');
  await shot('welcome');
  await send('Say hello to a friend.');
  await page.waitForSelector('#messages .body.waiting');
  await page.waitForSelector(answers);
  check('answers', (await last()).length > 3 && (await page.locator('#status').innerText()) === 'The answer is complete.', await last());
  check('tells the speed', /tokens\/s/.test(await page.locator(answers).last().innerText()), await page.locator(answers).last().innerText());
  await violations('conversation');
  await shot('answer');
  const before = await last();
  await page.click(`${answers} >> text=Regenerate`);
  await page.waitForSelector('text=2/2');
  await idle();
  await page.click('[aria-label="Earlier version"]');
  await page.waitForSelector('text=1/2');
  check('keeps both answers', await last() === before, await last());
  await page.click('#messages li.user >> text=Edit');
  await page.fill('#messages textarea', 'Say goodbye to a friend.');
  await page.locator('#messages li.user').getByRole('button', { name: 'Send', exact: true }).click();
  await page.waitForSelector('#messages li.user .tools >> text=2/2'); /* the other branch's answer is there until then */
  await page.waitForSelector(answers);
  await idle();
  check('branches where a message is edited', (await page.locator('#messages li.user .body').innerText()) === 'Say goodbye to a friend.' && /2\/2/.test(await page.locator('#messages li.user .tools').innerText()));
  const said = await last();
  await page.reload();
  await page.waitForSelector(answers);
  check('is the same after a reload', await last() === said && (await page.locator('#messages li.user .body').innerText()) === 'Say goodbye to a friend.', await last());
}

async function stopping() {
  await page.click('#new');
  await configure({ max_tokens: '' });
  await send('Write a very long story about the sea, with many chapters.');
  await page.waitForFunction(() => document.querySelector('#messages .body.waiting')?.textContent.length > 20);
  await page.click('#stop');
  await idle();
  check('stops', (await page.locator('#status').innerText()) === 'Stopped.' && (await last()).length > 10, await page.locator('#status').innerText());
}

/* Two conversations are opened one after the other, and the first one's answer comes last. */
async function racing() {
  const opens = page.locator('#list button.open'), before = await page.evaluate(() => location.hash);
  const held = new Promise(free => page.route('**/ui/conversations/*', route => free(route), { times: 1 }));
  await opens.nth(2).click();
  const late = await held;
  await opens.nth(3).click();
  await page.waitForFunction(hash => location.hash !== hash, before);
  const now = await page.evaluate(() => location.hash);
  const [answer] = await Promise.all([page.waitForResponse(r => r.url() === late.request().url()), late.continue()]);
  await answer.finished();
  await page.waitForTimeout(200); /* what would be drawn is drawn by then */
  check('stays with the conversation that was opened last', !late.request().url().endsWith(now.slice(1)) && await page.evaluate(() => location.hash) === now, now);
}

async function keeping() {
  await page.fill('#search', 'goodbye');
  await page.waitForFunction(() => document.querySelectorAll('#list li').length === 1);
  await page.locator('#list li').hover();
  await page.click('#list [aria-label^=Rename]');
  await page.fill('#ask-field', 'Farewells');
  await page.keyboard.press('Enter');
  await page.fill('#search', '');
  await page.waitForSelector('#list >> text=Farewells');
  check('finds and renames', await count('#list li') === 2);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')]), file = await download.path();
  const exported = JSON.parse(readFileSync(file, 'utf8'));
  check('exports', exported.conversations.length === 2 && exported.conversations.some(c => c.title === 'Farewells' && c.messages.length === 5), exported.conversations.map(c => [c.title, c.messages.length]));
  await page.setInputFiles('#file', file);
  await page.waitForFunction(() => document.querySelectorAll('#list li').length === 4);
  check('imports', await count('#list >> text=Farewells') === 2);
  await racing();
  await page.locator('#list li').first().hover();
  await page.locator('#list [aria-label^=Delete]').first().click();
  await page.locator('#ask').getByRole('button', { name: 'Delete' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#list li').length === 3);
  check('deletes', true);
}

async function settings() {
  await page.click('#new');
  await page.click('#settings-open');
  check('shows the table of settings', await count('#settings input[name=top_k]') === 1 && await count('#settings input[name=temp]') === 1 && await count('#settings .field') > 10);
  await violations('settings');
  await shot('settings');
  await page.keyboard.press('Escape');
  await configure({ temp: '0', max_tokens: '5', system: 'You are brief.' });
  await send('Tell me about gravity.');
  await page.waitForSelector(answers);
  check('sends the settings', /^5 tokens/.test((await page.locator(`${answers} .soft`).last().innerText())), await page.locator(answers).last().innerText());
}

async function drawing() {
  const shown = await page.evaluate(async () => {
    const { markdown } = await import('./markdown.js'), box = document.createElement('div');
    box.append(...markdown('# Title\n\nA *b* **c** `d` <script>x</script> [e](https://e.example) [f](javascript:alert(1))\n\n- one\n  - two\n- three\n\n1. first\n2. second\n\n```py\nx < 1\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n> quoted\n\n$\\frac{a}{b^2} + \\sqrt{x_1}$ costs $5 and $6\n\n$$\\sum_{i=1}^n i = \\frac{n(n+1)}{2}$$\n\n$$\\unknown{x}$$'));
    const n = s => box.querySelectorAll(s).length;
    return { text: box.textContent, h: n('h2'), em: n('em'), strong: n('strong'), script: n('script'), a: n('a'), ul: n('ul ul li'), ol: n('ol li'), pre: n('pre'), td: n('td'), quote: n('blockquote'), frac: n('mfrac'), math: n('math'), sum: n('munderover'), unknown: n('code') };
  });
  check('draws Markdown', shown.h === 1 && shown.em === 1 && shown.strong === 1 && shown.a === 1 && shown.ul === 1 && shown.ol === 2 && shown.pre === 1 && shown.td === 2 && shown.quote === 1, JSON.stringify(shown));
  check('draws formulas', shown.math === 2 && shown.frac === 2 && shown.sum === 1 && shown.text.includes('costs $5 and $6') && shown.text.includes('\\unknown{x}'), JSON.stringify(shown));
  check('lets no markup of a model through', shown.script === 0 && shown.text.includes('<script>x</script>') && shown.text.includes('javascript:'), JSON.stringify(shown));
}

async function others() {
  await page.click('#tab-voices');
  await page.waitForSelector('#voices h1');
  if (await count('#voices form')) {
    await page.click('#voices button.primary');
    await page.waitForSelector('#voices canvas');
    check('speaks', /^\d+\.\d s/.test(await page.locator('#voices [role=status]').innerText()) && await count('#voices audio') === 1);
    await shot('voices');
  } else console.log('ok - page speaks # SKIP no voice was pulled');
  await violations('voices');
  await page.click('#tab-models');
  await page.waitForSelector('#models .card');
  const models = await page.locator('#models').innerText();
  check('lists models, and what memory they take', models.includes('llama') && /loaded, [\d.]+ [MG]B of memory at most/.test(models) && /Memory in use now: [\d.]+ [MG]B/.test(models), models);
  await violations('models');
  await shot('models');
}

async function endpoints() {
  await page.click('#models a[href="endpoints.html"]');
  await page.waitForSelector('.endpoint');
  const listed = Object.values((await (await fetch(url + 'openapi.json')).json()).paths).reduce((n, methods) => n + Object.keys(methods).length, 0);
  check('lists the endpoints', await count('.endpoint') === listed && listed > 40, [await count('.endpoint'), listed]);
  await page.fill('main input', 'chat/completions');
  await page.click('[id="post /v1/chat/completions"] summary');
  check('shows their fields', (await page.locator('[id="post /v1/chat/completions"] table').innerText()).includes('max_tokens') && await count('.endpoint:not([hidden])') < 6, await count('.endpoint:not([hidden])'));
  await violations('endpoints');
  await shot('endpoints');
  await page.goto(url);
  await page.waitForSelector('#tab-teach');
}

async function teaching() {
  await page.click('#tab-teach');
  await page.fill('#teach-text', 'the quick brown fox jumps over the lazy dog. '.repeat(60));
  await page.fill('#teach-steps', '30');
  await page.click('#teach button.primary');
  await page.waitForSelector('.run canvas');
  check('watches a model learn', await count('.run progress') === 1 && /\/30/.test(await page.locator('.run').innerText()), await page.locator('.run').innerText());
  await page.waitForFunction(() => document.querySelector('.run .state').textContent === 'done', null, { timeout: learning });
  check('shows what the new model writes', (await page.locator('.run pre').first().innerText()).length > 20);
  await violations('teach');
  await shot('teach');
  await page.fill('#teach-steps', '100000');
  await page.fill('#teach-prompts', 'the fox ');
  await page.click('#teach button.primary');
  await page.waitForFunction(() => { const run = document.querySelector('.run'); return run.querySelector('pre') && run.querySelector('.state').textContent === 'running' && /step \d+/.test(run.querySelector('summary').textContent); },
    null, { timeout: learning });
  check('shows what it writes while it learns', (await page.locator('.run').first().innerText()).includes('the fox'), await page.locator('.run').first().innerText());
  await page.locator('.run').first().getByRole('button', { name: 'Stop' }).click();
  await page.waitForFunction(() => document.querySelector('.run .state').textContent === 'stopped', null, { timeout: learning });
  check('stops a run', true);
}

async function looks() {
  await page.keyboard.press('Tab');
  await page.focus('#tab-teach');
  await page.keyboard.press('ArrowRight');
  check('is worked by keyboard', await page.evaluate(() => document.activeElement.id === 'tab-chat' && !document.getElementById('main').hidden));
  await page.click('#theme');
  check('is dark', await page.evaluate(() => document.documentElement.classList.contains('dark')));
  await violations('dark');
  await page.click('#language');
  check('speaks Chinese', (await page.locator('#new').innerText()) === '新对话' && await page.evaluate(() => document.documentElement.lang === 'zh'));
  await page.setViewportSize({ width: 390, height: 780 });
  await page.waitForTimeout(300);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check('fits a phone', wide <= 390 && !await page.locator('#search').isVisible(), wide);
  await page.click('#menu');
  await page.waitForTimeout(300);
  check('opens its list on a phone', await page.locator('#search').isVisible());
  await shot('phone');
  await violations('phone');
}

try {
  for (const part of [chat, stopping, keeping, settings, drawing, others, endpoints, teaching, looks]) await part();
} catch (e) {
  check('goes on', false, e.stack);
  await shot('broken');
}
check('has no error on its console', !broken.length, broken.join('; '));
await browser.close();
