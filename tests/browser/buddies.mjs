/* Two windows of a BuddyTok page in headless Chromium. usage: node buddies.mjs CHROMIUM URL original|own FOLDER */
import { chromium } from 'playwright-core';

const [, , program, url, kind, folder] = process.argv;
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
const problems = [];
const WORDS = {
  original: { invite: '.buddy .invite-button', accept: '.invite-accept', end: '.end-button', name: '[name="user[name]"]', go: '#connect-btn',
    remote: '.subscriber .OT_subscriber', over: '.ending:not(.hidden)' },
  own: { invite: '#buddies button', accept: '.invitation button:text-is("Accept")', end: '#end', name: '#name', go: '#go',
    remote: '#remote .OT_subscriber', over: '#chat-heading:has-text("has ended")' },
}[kind];

async function join(name) {
  const page = await (await browser.newContext({ viewport: { width: 900, height: 760 } })).newPage();
  page.on('pageerror', (error) => problems.push(`${name}: ${error}`));
  page.on('dialog', (dialog) => { problems.push(`${name}: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(url);
  await page.locator(`${WORDS.go}:not([disabled])`).waitFor();
  await page.locator(WORDS.name).fill(name);
  await page.locator(WORDS.go).click();
  await page.getByText(`Connected as ${name}`).waitFor();
  return page;
}

try {
  const [ann, bob] = [await join('Ann'), await join('Bob')];
  await bob.locator(WORDS.invite).click();
  await ann.locator(WORDS.accept).click();
  for (const page of [ann, bob]) await page.locator(WORDS.remote).waitFor();
  await ann.screenshot({ path: `${folder}/buddies-${kind}.png` });
  await ann.locator(WORDS.end).click();
  await bob.locator(WORDS.over).waitFor();
  for (const page of [ann, bob]) await page.locator(`${WORDS.invite}:not([disabled])`).waitFor();
  if (problems.length) throw new Error(problems.join(' | '));
} catch (error) {
  console.error(`${error.stack}\n${problems.join('\n')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
