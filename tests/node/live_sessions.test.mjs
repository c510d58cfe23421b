// The LiveSessions app: two people log in, find each other, one calls, the other takes the call.
import { test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Parse, assert, forget, refused } from './support.mjs';

const HERE = new Parse.GeoPoint(52.52, 13.405);
const NEXT_DOOR = new Parse.GeoPoint(52.5205, 13.4055);
const FAR = new Parse.GeoPoint(48.137, 11.575);

/** Somebody with a phone. Each of the SDK's calls names its session token, since this process plays them all. */
async function person(title, place) {
  forget();
  const user = await Parse.User.logInWith('anonymous', { authData: { id: randomUUID() } });
  const me = { sessionToken: user.getSessionToken(), id: user.id };
  const presence = new Parse.Object('ActiveUsers');
  await presence.save({ userID: user.id, userTitle: title, userLocation: place }, me);
  return { ...me, presence };
}

const ann = await person('Ann', HERE);
const ben = await person('Ben', NEXT_DOOR);
const cid = await person('Cid', FAR);
forget();

test('an anonymous login gives a user and a session token', () => {
  assert.match(ann.sessionToken, /^r:[0-9a-f]{32}$/);
  assert.notEqual(ann.id, ben.id);
});

test('the near query finds who is near, nearest first, and nobody else', async () => {
  const query = new Parse.Query('ActiveUsers').withinRadians('userLocation', HERE, 200 / 3958.8).limit(1000);
  const found = await query.find(ann);
  const mine = found.filter(row => [ann.id, ben.id, cid.id].includes(row.get('userID')));
  assert.deepEqual(mine.map(row => row.get('userTitle')), ['Ann', 'Ben']);
});

test('presence is updated in place', async () => {
  await ben.presence.save({ userLocation: FAR }, ben);
  const row = await new Parse.Query('ActiveUsers').equalTo('userID', ben.id).first(ann);
  assert.equal(row.get('userLocation').latitude, FAR.latitude);
  assert.equal(row.id, ben.presence.id);
  await ben.presence.save({ userLocation: NEXT_DOOR }, ben);
});

test('a call: tokens come back with the save, the other polls, takes and deletes it', async () => {
  const call = new Parse.Object('ActiveSessions');
  const fields = { callerID: ann.id, callerTitle: 'Ann', receiverID: ben.id, isVideo: true, isAudio: true };
  await call.save(fields, ann);
  for (const key of ['sessionID', 'publisherToken', 'subscriberToken']) assert.ok(call.get(key), key);
  assert.notEqual(call.get('publisherToken'), call.get('subscriberToken'));

  const poll = me => new Parse.Query('ActiveSessions').equalTo('receiverID', me.id).ascending('createdAt').find(me);
  const [row] = await poll(ben);
  assert.equal(row.id, call.id);
  assert.equal(row.get('sessionID'), call.get('sessionID'));
  assert.equal(row.get('publisherToken'), call.get('publisherToken'));

  const seenByCid = await new Parse.Query('ActiveSessions').equalTo('callerID', ann.id).first(cid);
  assert.equal(seenByCid?.get('sessionID'), undefined);

  await row.destroy(ben);
  assert.deepEqual(await poll(ben), []);
});

test('a call to oneself is refused with a text for the user', async () => {
  const call = new Parse.Object('ActiveSessions');
  const error = await refused(call.save({ callerID: cid.id, receiverID: cid.id }, cid), 142);
  assert.ok(error.message.length > 10);
});

test('who is in a call is busy until it ends', async () => {
  const [dan, eva, fay] = [await person('Dan', FAR), await person('Eva', FAR), await person('Fay', FAR)];
  const call = new Parse.Object('ActiveSessions');
  await call.save({ callerID: dan.id, receiverID: fay.id }, dan);
  const second = new Parse.Object('ActiveSessions');
  const error = await refused(second.save({ callerID: eva.id, receiverID: fay.id }, eva), 142);
  assert.match(error.message, /busy/);
  await call.destroy(dan);
  await second.save({ callerID: eva.id, receiverID: fay.id }, eva);
  assert.ok(second.get('sessionID'));
});

test('an update never brings new tokens', async () => {
  const [guy, hal] = [await person('Guy', FAR), await person('Hal', FAR)];
  const call = new Parse.Object('ActiveSessions');
  await call.save({ callerID: guy.id, receiverID: hal.id }, guy);
  const before = call.get('sessionID');
  await call.save({ isVideo: false, sessionID: 'mine' }, guy);
  assert.equal(call.get('sessionID'), before);
});

test('going off line', async () => {
  for (const one of [ann, ben, cid]) await one.presence.destroy(one);
  const left = await new Parse.Query('ActiveUsers').containedIn('userID', [ann.id, ben.id, cid.id]).count();
  assert.equal(left, 0);
});
