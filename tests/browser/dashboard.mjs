// The Parse Dashboard in Chromium: every page, and what an administrator does there.
// node dashboard.mjs CHROMIUM URL-OF-THE-APP URL-OF-THE-API FOLDER; prints {"refused", "sent", "failed"} as JSON.
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [browser, app, api, folder] = process.argv.slice(2);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const context = await chromium.launchPersistentContext(fs.mkdtempSync(path.join(folder, 'profile-')), {
  executablePath: browser, args: flags, viewport: { width: 1500, height: 900 },
});
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(8000);
await page.route(url => !['127.0.0.1', 'localhost'].includes(url.hostname), route => route.abort());

const refused = [], sent = [], failed = [];
page.on('requestfailed', request => {
  if (request.url().startsWith(api) && !/ERR_ABORTED/.test(request.failure()?.errorText)) refused.push(`${request.url()} ${request.failure()?.errorText}`);
});
page.on('response', async response => {
  if (!response.url().startsWith(api)) return;
  const request = response.request();
  const body = request.postDataJSON?.() ?? {};
  const line = `${body._method ?? request.method()} ${response.url().slice(api.length)}`;
  sent.push(line);
  if (response.status() >= 400) refused.push(`${line} ${response.status()} ${await response.text()}`);
});
page.on('dialog', dialog => dialog.accept());

const go = async place => {
  await page.goto(`${app}/${place}`);
  await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
};
const text = (words, which = 'last') => page.getByText(words, { exact: typeof words === 'string' })[which]();
const click = async (words, which) => {
  await text(words, which).click();
  await page.waitForTimeout(250);
};
const choose = async (from, to) => {
  await click(from);
  await click(to);
};
const fill = (placeholder, value) => page.getByPlaceholder(placeholder).last().fill(value);
const answered = async (line, act) => {
  const before = sent.length;
  await act();
  for (let turn = 0; turn < 80 && !sent.slice(before).some(each => each.startsWith(line)); turn++) await page.waitForTimeout(100);
  if (!sent.slice(before).some(each => each.startsWith(line))) throw new Error(`no ${line} was sent`);
};
const step = async (name, act) => {
  try {
    await act();
  } catch (error) {
    failed.push(`${name}: ${String(error.message).slice(0, 300)}`);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
};

const pages = ['browser/_Role', 'browser/_Session', 'jobs/scheduled', 'jobs/status', 'logs/info', 'logs/error', 'api_console/graphql',
  'push/activity/all', 'push/audiences', 'settings/dashboard', 'settings/cloud-config', 'views'];
for (const place of pages) await step(`page ${place.replaceAll('/', '-')}`, () => go(place));

await step('a class', async () => {
  await go('browser/_User');
  await click('Create a class');
  await fill('Give it a good name...', 'Game');
  await answered('POST /schemas/Game', () => click('Create'));
});
for (const type of ['String', 'Number', 'Boolean', 'Date', 'Object', 'Array', 'GeoPoint', 'Polygon', 'File']) {
  await step(`a column ${type}`, async () => {
    await click('Add a new column', 'first');
    if (type !== 'String') await choose('String', type);
    await fill('Give it a good name...', 'f' + type);
    await answered('PUT /schemas/Game', () => click('Add'));
    await page.waitForTimeout(300);
  });
}
await step('a row', async () => {
  await go('browser/Game');
  await click('Add Row');
  await answered('POST /classes/Game', () => click('Add'));
});
await step('permissions', async () => {
  await go('browser/Game');
  await click('Security');
  await click('Class Level Permissions');
  await answered('PUT /schemas/Game', () => click('Save CLP'));
});
await step('a filter', async () => {
  await go('browser/Game');
  await click('Filter');
  await answered('GET /classes/Game', () => click('Apply'));
});
await step('a parameter', async () => {
  await go('config');
  await click(/^Create (a|your first) parameter$/);
  await fill('New parameter', 'greeting');
  await answered('PUT /config', async () => {
    const label = await text(/^Use this to configure/).boundingBox();
    await page.mouse.click(label.x + 400, label.y);
    await page.keyboard.type('hello');
    await click('Create');
  });
});
await step('a job', async () => {
  await go('jobs/all');
  await click('Run...');
  await answered('POST /jobs', () => click('Run'));
});
await step('a webhook', async () => {
  await go('webhooks');
  await click(/^Create a webhook$/i);
  await fill('MyWebhook', 'later');
  await page.locator('input').last().fill('https://example.org/later');
  await answered('POST /hooks/functions', () => click('Create'));
});
await step('a query', async () => {
  await go('api_console/rest');
  await fill('classes/_User', 'classes/Game');
  await answered('GET /classes/Game', () => click('Send Query'));
});
await step('a script', async () => {
  await go('api_console/js_console');
  await answered('POST /classes/MyClass', () => click('Run', 'first'));
});
await step('a push', async () => {
  await go('push/new');
  await click('Everyone', 'first');
  await fill('Type your message…', 'hello');
  await answered('POST /push', async () => {
    await click('Send push');
    if (!sent.includes('POST /push')) await click('Send push').catch(() => {});
  });
});
await step('all rows', async () => {
  await go('browser/Game');
  await click('Edit');
  await click('Delete all rows');
  await fill('delete all', 'delete all');
  await answered('DELETE /purge/Game', () => click('Delete'));
});
await step('the class', async () => {
  await go('browser/Game');
  await click('Edit');
  await click('Delete this class');
  await fill('Current class name', 'Game');
  await answered('DELETE /schemas/Game', () => click('Delete'));
});

await context.close();
console.log(JSON.stringify({ refused, sent, failed }));
