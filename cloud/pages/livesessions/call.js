/* One call: OpenTok session, pictures, tokens decoded, and its state as the server knows it. */

const STATUS_SECONDS = 1.5;
const REASONS = {
  completed: 'The call is over.', rejected: 'The call was rejected.', missed: 'Nobody answered.', cancelled: 'The call was cancelled.',
  replaced: 'Another call took its place.', removed: 'The call was removed.', 'too long': 'The longest time for a call is over.',
};

const $ = (id) => document.getElementById(id);

let shown = null; // whose state the page shows

export class VideoCall {
  /** `session`: the ActiveSessions object; `token`: what this side connects with. `ended(text)` is called once. */
  constructor(parts) {
    Object.assign(this, parts);
    this.over = false;
  }

  async start() {
    shown = this;
    $('call').hidden = false;
    $('call-heading').textContent = `Call with ${this.name}`;
    $('remote').innerHTML = '<p class="hint">No picture yet</p>';
    this.showTokens();
    this.showState('ringing', `Connecting …`);
    this.timer = setInterval(() => this.askState(), STATUS_SECONDS * 1000);
    await this.connect();
    await this.askState();
  }

  async connect() {
    const { OT } = window;
    const config = await this.Parse.Cloud.run('openTokConfig');
    if (this.over) return;
    this.ot = OT.initSession(config.apiKey, this.session.get('sessionID'));
    this.ot.on('streamCreated', (event) => this.subscribe(event.stream));
    this.ot.on('streamDestroyed', () => this.hangUpSoon());
    this.ot.on('sessionDisconnected', (event) => this.disconnected(event.reason));
    this.ot.connect(this.token, (error) => {
      if (error) { this.complain(error); this.leave(); return; }
      const home = document.createElement('div');
      $('local').replaceChildren(home);
      const options = { insertMode: 'append', width: '100%', height: '100%', name: this.title, publishVideo: this.session.get('isVideo') };
      this.ot.publish(home, options, (problem) => problem && this.complain(problem));
    });
  }

  subscribe(stream) {
    $('remote').replaceChildren();
    this.ot.subscribe(stream, $('remote'), { insertMode: 'append', width: '100%', height: '100%' }, () => {});
  }

  /** The other side's stream is gone: the app hangs up then. */
  hangUpSoon() { this.leave(); }

  disconnected(reason) {
    if (reason === 'forceDisconnected') this.askState().finally(() => this.finish());
    else this.finish();
  }

  leave() {
    if (this.ot && this.ot.connection) this.ot.disconnect();
    else this.finish();
  }

  finish() {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    $('local').replaceChildren();
    $('remote').innerHTML = '<p class="hint">The call is over</p>';
    this.lastLook();
    this.ended();
  }

  /** The server learns of the end from OpenTok, a moment later. */
  async lastLook() {
    for (let look = 0; look < 6 && this.state !== 'ended'; look++) {
      await new Promise((done) => setTimeout(done, 1000));
      await this.askState();
    }
  }

  async askState() {
    try {
      const status = await this.Parse.Cloud.run('callStatus', { activeSession: this.session.id });
      this.showStatus(status);
    } catch (error) {
      this.showState(this.state, error.message);
    }
  }

  showStatus(status) {
    const who = [status.connected.caller && 'caller', status.connected.receiver && 'receiver'].filter(Boolean);
    const left = Math.round(status.secondsLeft);
    const text = {
      ringing: `Ringing, ${left} s left.`, delivered: `Waiting for an answer, ${left} s left.`, answered: 'Talking.',
      ended: REASONS[status.endReason] || 'The call is over.',
    }[status.state];
    this.showState(status.state, `${text}${who.length && status.state !== 'ended' ? ` Connected: ${who.join(' and ')}.` : ''}`);
    if (status.state === 'ended' && !this.over) this.leave();
  }

  showState(state, text) {
    this.state = state;
    if (shown !== this) return;
    for (const item of $('states').children) item.toggleAttribute('aria-current', item.dataset.state === state);
    if ($('call-text').textContent !== text) $('call-text').textContent = text;
    $('hang-up').disabled = state === 'ended';
  }

  showTokens() {
    $('tokens').replaceChildren(...['publisherToken', 'subscriberToken'].map((name) => decoded(name, this.session.get(name))));
  }
}

/** What a token says; it is signed, not secret, so anybody who has it can read it. */
function decoded(name, token) {
  const list = document.createElement('dl');
  const rows = { token: name, ...facts(token) };
  for (const [key, value] of Object.entries(rows)) {
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = key;
    text.textContent = value;
    list.append(term, text);
  }
  return list;
}

function facts(token) {
  try {
    if (token.startsWith('T1==')) return { says: atob(token.slice(4)) };
    const body = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const claims = JSON.parse(atob(body));
    return {
      role: claims.role,
      'good until': new Date(claims.exp * 1000).toLocaleTimeString(),
      project: claims.iss || claims.application_id,
      says: claims.connection_data || '',
      session: claims.session_id,
    };
  } catch (error) {
    return { says: 'not readable' };
  }
}
