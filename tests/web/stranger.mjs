// Somebody who has no model yet: stranger.mjs PORT FOLDER. From the page to a first answer in three clicks.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';

const [port, folder] = process.argv.slice(2), require = createRequire((process.env.INK_WEB_MODULES || process.env.HOME + '/.cache/inkstone-tests/web') + '/');
const { chromium } = require('playwright-core');
const check = (name, ok, why) => console.log(ok ? `ok - page ${name}` : `not ok - page ${name}: ${String(why).replaceAll('\n', ' ').slice(0, 400)}`);

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1100, height: 760 }, locale: 'en-US' });
page.setDefaultTimeout(60000 * Number(process.env.INK_PATIENCE || 1)); // make asan waits longer
let clicks = 0;
const click = async where => { clicks++; await page.click(where); };

try {
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForSelector('.empty button');
  await click('.empty button');
  await page.waitForSelector('#models [aria-label="Get small"]');
  const said = await page.locator('#models').innerText();
  check('offers a model with its size and licence', /\d+ MB · licence: Apache-2\.0/.test(said), said);
  await page.screenshot({ path: `${folder}/stranger.png` });
  await click('#models [aria-label="Get small"]');
  await page.waitForSelector('#models [aria-label="Delete small"]');
  await click('#tab-chat');
  await page.fill('#input', 'Say hello in three words.');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#messages li.assistant .tools');
  check('answers a stranger after three clicks', clicks === 3 && (await page.locator('#messages li.assistant .body').innerText()).length > 2, clicks);
} catch (e) {
  check('serves a stranger', false, e.stack);
  await page.screenshot({ path: `${folder}/stranger.png` });
}
await browser.close();
