/* Drives /livesessions/ in headless Chromium through a whole call, and rejects one.
 * usage: node page.mjs CHROMIUM URL FOLDER   Screenshots go into FOLDER; prints {requests} as JSON; exit 1 on failure. */
import { chromium } from 'playwright-core';

const [, , program, url, folder] = process.argv;
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: { width: 1080, height: 1250 } });
const page = await context.newPage();
const problems = [];
const requests = new Set();
page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
page.on('pageerror', (error) => problems.push(String(error)));
page.on('request', (request) => requests.add(new URL(request.url()).host));

const shot = (name) => page.screenshot({ path: `${folder}/${name}.png` });
const phone = (slot) => page.frameLocator(`iframe[src*="phone=${slot}"]`);
const seen = (place, text) => place.getByText(text).first().waitFor({ timeout: 25000 });

try {
  await page.goto(url);
  const [ann, bob] = [phone('first'), phone('second')];
  await seen(ann, 'Who and where');
  await shot('1-start');
  for (const each of [ann, bob]) await each.getByRole('button', { name: 'Go on line' }).click();
  await seen(ann, 'on line');
  await ann.getByRole('button', { name: 'Refresh' }).click();
  await seen(ann, /\d+ miles away/);
  await seen(bob, /\d+ miles away/);
  await shot('2-near-by');

  // a call that is answered
  await ann.getByRole('button', { name: 'Call', exact: true }).click();
  await seen(ann, /Ringing|Waiting/);
  await bob.getByRole('dialog').getByText('Ann is calling you').waitFor({ timeout: 25000 });
  await shot('3-incoming');
  await bob.getByRole('button', { name: 'Accept' }).click();
  await seen(ann, 'Talking.');
  await seen(bob, 'Talking.');
  await seen(ann, 'Connected: caller and receiver.');
  for (const each of [ann, bob]) await each.locator('#remote .OT_subscriber').waitFor({ timeout: 15000 });
  await ann.getByText('Tokens of this call, decoded').click();
  await seen(ann, 'publisher');
  await shot('4-talking');
  await ann.getByRole('button', { name: 'Hang up' }).click();
  await seen(ann, 'The call is over.');
  await seen(bob, 'The call is over.');
  await shot('5-over');

  // the other calls, with the keyboard, and is rejected
  await bob.getByRole('button', { name: 'Call', exact: true }).focus();
  await page.keyboard.press('Enter');
  await ann.getByRole('dialog').getByText('Bob is calling you').waitFor({ timeout: 25000 });
  await page.keyboard.press('Escape');
  await seen(bob, 'The call was rejected.');
  await shot('6-rejected');

  // the pin moves with the keyboard
  const before = await ann.locator('#place-text').textContent();
  await ann.locator('.pin').focus();
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowLeft');
  const after = await ann.locator('#place-text').textContent();
  if (before === after) throw new Error(`the pin did not move from ${before}`);

  const narrow = await (await browser.newContext({ viewport: { width: 375, height: 812 }, isMobile: true })).newPage();
  await narrow.goto(new URL('phone.html?phone=narrow&name=Cleo', url).href);
  await narrow.getByRole('button', { name: 'Go on line' }).click();
  await narrow.getByText('miles away').first().waitFor({ timeout: 20000 });
  const overflow = await narrow.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 0) throw new Error(`the page is ${overflow} px too wide for a phone`);
  await narrow.screenshot({ path: `${folder}/7-narrow.png`, fullPage: true });
  if (problems.length) throw new Error(`the browser complained: ${problems.join(' | ')}`);
  console.log(JSON.stringify({ hosts: [...requests] }));
} catch (error) {
  await shot('failure').catch(() => {});
  console.error(`${error.stack}\n${problems.join('\n')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
