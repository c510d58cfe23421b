/* BuddyTok's unmodified web client in two DOM windows against a running server: see, invite, decline, accept, end, cancel.
 * usage: node buddytok.mjs PAGE_URL   Prints the requests that the clients made, as JSON; exit 1 with a text on failure. */
import { JSDOM, VirtualConsole } from 'jsdom';

const page = process.argv[2];
const requests = [];

function fail(text) {
  console.error(text);
  process.exit(1);
}

async function until(what, find, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) fail(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

class Client {
  constructor(name) {
    this.name = name;
    this.alerts = [];
  }

  async open() {
    const said = new VirtualConsole();
    said.on('jsdomError', (error) => fail(`${this.name}: ${error.stack || error} ${error.detail?.stack ?? ''}`));
    const dom = await JSDOM.fromURL(page, {
      resources: 'usable', runScripts: 'dangerously', pretendToBeVisual: true, virtualConsole: said,
      beforeParse: (window) => this.prepare(window),
    });
    this.window = dom.window;
    await until(`${this.name}'s page`, () => this.one('#connect-btn') && !this.one('#connect-btn').disabled);
    this.one('[name="user[name]"]').value = this.name;
    this.click('#connect-btn');
    await until(`${this.name} connected`, () => this.text('.navbar-text').includes(`Connected as ${this.name}`));
  }

  prepare(window) {
    window.alert = (text) => this.alerts.push(text);
    const { open, send } = window.XMLHttpRequest.prototype;
    window.XMLHttpRequest.prototype.open = function (method, url, ...rest) {
      this.asked = { method, url };
      return open.call(this, method, url, ...rest);
    };
    window.XMLHttpRequest.prototype.send = function (body) {
      requests.push({ ...this.asked, body: body ? JSON.parse(body) : null });
      return send.call(this, body);
    };
  }

  one(selector) { return this.window.document.querySelector(selector); }
  text(selector) { return (this.one(selector)?.textContent ?? '').replace(/\s+/g, ' ').trim(); }
  click(selector) { this.window.jQuery(this.one(selector)).trigger('click'); }

  buddy(name) {
    const rows = [...this.window.document.querySelectorAll('.buddy')];
    return rows.find((row) => row.querySelector('.buddy-name').textContent === name);
  }

  sees(name) { return until(`${this.name} sees ${name} ready`, () => this.buddy(name)?.querySelector('.invite-button')); }

  async invite(other) {
    const button = await this.sees(other.name);
    this.window.jQuery(button).trigger('click');
    await until(`${other.name} is invited`, () => other.one('.invite-accept'));
    await until(`${this.name} waits`, () => this.one('.invite-cancel'));
  }

  atRest() { return until(`${this.name} at rest`, () => !this.one('.invitation')); }
  talks() { return until(`${this.name} sees the other`, () => this.one('.OT_subscriber') && this.one('.OT_publisher')); }
}

const [ann, bob] = [new Client('Ann'), new Client('Bob')];
await ann.open();
await bob.open();
await Promise.all([ann.sees('Bob'), bob.sees('Ann')]);

await ann.invite(bob);
bob.click('.invite-decline');
await Promise.all([ann.atRest(), bob.atRest(), bob.sees('Ann')]);

await ann.invite(bob);
ann.click('.invite-cancel');
await Promise.all([ann.atRest(), bob.atRest(), bob.sees('Ann')]);

await bob.invite(ann);
ann.click('.invite-accept');
await Promise.all([ann.talks(), bob.talks()]);
ann.click('.end-button');
await until('Bob reads that it ended', () => bob.one('.ending') && !bob.one('.ending').classList.contains('hidden'));
await Promise.all([ann.sees('Bob'), bob.sees('Ann')]);

ann.window.close();
await until('Ann is gone', () => !bob.buddy('Ann'));

if (ann.alerts.length || bob.alerts.length) fail(`alerts: ${ann.alerts} ${bob.alerts}`);
console.log(JSON.stringify(requests));
process.exit(0);
