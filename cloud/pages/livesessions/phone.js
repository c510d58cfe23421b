/* One phone with the tutorial's app, made with the Parse JavaScript SDK: title and place, people near by, calls. */

import { PlaceMap } from './map.js';
import { VideoCall } from './call.js';

const POLL_SECONDS = 8;
const NEAR_MILES = 200;
const EARTH_MILES = 3958.8;

const ask = new URLSearchParams(location.search);
const slot = ask.get('phone') || 'phone';
const Parse = window.Parse;
const $ = (id) => document.getElementById(id);

/** Each phone of a window has a user of its own, and keeps it over a reload, as an app does. */
const storage = {
  async: 0,
  getItem: (key) => sessionStorage.getItem(`${slot}:${key}`),
  setItem: (key, value) => sessionStorage.setItem(`${slot}:${key}`, value),
  removeItem: (key) => sessionStorage.removeItem(`${slot}:${key}`),
  getAllKeys: () => Object.keys(sessionStorage).filter((key) => key.startsWith(`${slot}:`)).map((key) => key.slice(slot.length + 1)),
  clear: () => storage.getAllKeys().forEach(storage.removeItem),
};

let me = null;        // the user, once on line
let row = null;       // this phone's row of ActiveUsers
let call = null;      // the VideoCall that rings or goes on
let nextPoll = 0;     // 0: not polling, as the app while its phone rings
let map = null;

start().catch(complain);

async function start() {
  const config = await (await fetch('config.json')).json();
  Parse.CoreManager.setStorageController(storage);
  Parse.initialize(config.appId, config.javascriptKey || undefined);
  Parse.serverURL = location.origin + config.mount;
  await library(config.openTokJs);
  const [latitude, longitude] = (ask.get('place') || '40.71,-74.01').split(',').map(Number);
  map = new PlaceMap($('map'), { latitude, longitude }, moved);
  showPlace();
  $('name').value = sessionStorage.getItem(`${slot}:title`) || ask.get('name') || '';
  $('join').addEventListener('submit', (event) => { event.preventDefault(); goOnline().catch(complain); });
  $('refresh').addEventListener('click', () => near().catch(complain));
  $('hang-up').addEventListener('click', () => hangUp());
  window.addEventListener('pagehide', () => { if (call) call.leave(); });
  setInterval(tick, 1000);
}

function library(url) {
  return new Promise((done, failed) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = done;
    script.onerror = () => failed(new Error(`OpenTok's library could not be loaded from ${url}`));
    document.head.append(script);
  });
}

// -- on line -------------------------------------------------------------------------------------------------------------

async function goOnline() {
  hush();
  const title = $('name').value.trim();
  if (!title) return;
  sessionStorage.setItem(`${slot}:title`, title);
  me = me || Parse.User.current() || (await logged('log in anonymously', () => Parse.AnonymousUtils.logIn()));
  await saveUser();
  $('title').textContent = title;
  $('join').querySelector('button').textContent = 'Save';
  status('on line');
  $('near').hidden = false;
  nextPoll = Date.now() + POLL_SECONDS * 1000;
  await Promise.all([near(), poll()]);
}

/** One row a user: look for it, then create or update it, as the app does on each new place. */
async function saveUser() {
  const query = new Parse.Query('ActiveUsers').equalTo('userID', me.id);
  row = (await logged('find ActiveUsers by userID', () => query.first())) || new Parse.Object('ActiveUsers');
  await logged('save ActiveUsers', () => row.save({ userID: me.id, userTitle: $('name').value.trim(), userLocation: point() }));
}

function moved() {
  showPlace();
  if (me) saveUser().then(near).catch(complain);
}

function showPlace() {
  $('place-text').textContent = `${map.place.latitude.toFixed(2)}° N, ${(-map.place.longitude).toFixed(2)}° W`;
}

const point = () => new Parse.GeoPoint(map.place);

async function near() {
  if (!me) return;
  const query = new Parse.Query('ActiveUsers').withinRadians('userLocation', point(), NEAR_MILES / EARTH_MILES).limit(1000);
  const people = (await logged('find ActiveUsers near by', () => query.find())).filter((one) => one.get('userID') !== me.id);
  map.show(people.map((one) => ({ title: one.get('userTitle'), ...one.get('userLocation').toJSON() })));
  $('nobody').hidden = people.length > 0;
  const old = new Map([...$('people').children].map((item) => [item.dataset.user, item]));
  $('people').replaceChildren(...people.map((one) => personItem(one, old.get(one.get('userID')))));
}

function personItem(person, item) {
  const miles = person.get('userLocation').milesTo(point());
  if (!item) {
    item = document.createElement('li');
    item.dataset.user = person.get('userID');
    const who = document.createElement('span');
    who.className = 'who';
    who.append(document.createElement('strong'), document.createElement('small'));
    item.append(who, callButton(item, 'Call', true), callButton(item, 'Audio only', false));
  }
  item.querySelector('strong').textContent = person.get('userTitle');
  item.querySelector('small').textContent = `${miles.toFixed(0)} miles away`;
  return item;
}

function callButton(item, text, video) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.className = video ? 'main' : '';
  button.addEventListener('click', () => dial(item.dataset.user, item.querySelector('strong').textContent, video).catch(complain));
  return button;
}

// -- calling -------------------------------------------------------------------------------------------------------------

async function dial(receiver, name, video) {
  if (call) return complain(new Error('This phone is in a call.'));
  hush();
  const busy = await logged('is the other in a call?', () => Parse.Query.or(
    new Parse.Query('ActiveSessions').equalTo('receiverID', receiver), new Parse.Query('ActiveSessions').equalTo('callerID', receiver)).first());
  if (busy) return complain(new Error(`${name} is busy.`));
  const session = new Parse.Object('ActiveSessions');
  const fields = { callerID: me.id, callerTitle: $('name').value.trim(), receiverID: receiver, isVideo: video, isAudio: true };
  // Today's OpenTok lets nobody publish with a subscriber's token, so this page asks for tokens with which both may.
  await logged('save ActiveSessions', () => session.save(fields, { context: { roles: 'two-way' } }));
  begin(session, session.get('subscriberToken'), name);
}

/** The app's heartbeat: is there a call for me? A row found is read, deleted at once, and then the user is asked. */
async function poll() {
  if (!me) return;
  const query = new Parse.Query('ActiveSessions').equalTo('receiverID', me.id);
  const found = (await logged('find ActiveSessions for me', () => query.find()))[0];
  if (!found || call || $('incoming').open) return;
  nextPoll = 0;
  const own = await logged('find it by sessionID', () => new Parse.Query('ActiveSessions').equalTo('sessionID', found.get('sessionID')).first());
  if (own) await logged('delete ActiveSessions', () => own.destroy());
  if (await incoming(found.get('callerTitle'), found.get('isVideo'))) {
    begin(found, found.get('publisherToken'), found.get('callerTitle'));
  } else {
    // Nothing tells the caller but this: the phone looks for calls again.
    nextPoll = Date.now() + 4000;
  }
}

function incoming(title, video) {
  const dialog = $('incoming');
  $('incoming-text').textContent = `${title} is calling you${video ? '' : ', without a picture'}.`;
  return new Promise((decided) => {
    const close = (answer) => { dialog.close(); decided(answer); };
    $('accept').onclick = () => close(true);
    $('reject').onclick = () => close(false);
    dialog.oncancel = (event) => { event.preventDefault(); close(false); };
    dialog.showModal();
    $('accept').focus();
  });
}

function begin(session, token, name) {
  status('in a call');
  document.body.classList.add('in-call');
  window.scrollTo(0, 0);
  call = new VideoCall({ Parse, session, token, name, title: $('name').value.trim(), logged, complain, ended });
  call.start().catch(complain);
}

async function hangUp() {
  if (!call) return;
  const { session } = call;
  call.leave();
  const found = await logged('find it by sessionID', () => new Parse.Query('ActiveSessions').equalTo('sessionID', session.get('sessionID')).first());
  if (found) await logged('delete ActiveSessions', () => found.destroy()).catch(() => {});
}

function ended(reason) {
  call = null;
  document.body.classList.remove('in-call');
  status('on line');
  nextPoll = Date.now() + POLL_SECONDS * 1000;
  if (reason) say(reason);
}

// -- small ---------------------------------------------------------------------------------------------------------------

function tick() {
  $('next-poll').textContent = nextPoll ? `in ${Math.max(0, Math.ceil((nextPoll - Date.now()) / 1000))} s` : 'when this one is answered';
  if (nextPoll && Date.now() >= nextPoll) {
    nextPoll = Date.now() + POLL_SECONDS * 1000;
    Promise.all([poll(), call ? null : near()]).catch(complain);
  }
}

async function logged(what, work) {
  const item = document.createElement('li');
  item.textContent = `${new Date().toLocaleTimeString()} ${what}`;
  $('log').prepend(item);
  while ($('log').children.length > 60) $('log').lastChild.remove();
  try {
    return await work();
  } catch (error) {
    item.textContent += `: ${error.code ?? ''} ${error.message}`;
    throw error;
  }
}

function status(text) {
  $('status').textContent = text;
  $('status').className = `pill ${text === 'off line' ? '' : 'on'}`;
}

function say(text) {
  $('alert').textContent = text;
  $('alert').hidden = false;
}

const hush = () => { $('alert').hidden = true; };
function complain(error) { say(error.message || String(error)); }
