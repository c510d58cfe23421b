// Live queries as the SDK opens them: beside the REST path, with reconnects of its own.
import { after, test } from 'node:test';
import { Parse, assert, eventually, forget, fresh, master, newUser, refused, saved } from './support.mjs';

const CLASS = 'Heard' + fresh('');

after(async () => {
  const client = await Parse.CoreManager.getLiveQueryController().getDefaultLiveQueryClient();
  await client.close();
});

/** Subscribes, and collects [event, object, original] in `events`. */
async function listen(query, token) {
  const subscription = await query.subscribe(token);
  const events = [];
  for (const name of ['create', 'update', 'enter', 'leave', 'delete'])
    subscription.on(name, (object, original) => events.push([name, object, original]));
  return { subscription, events };
}

const names = events => events.map(([name]) => name);

test('an object comes, changes, goes and is deleted', async () => {
  const { subscription, events } = await listen(new Parse.Query(CLASS).greaterThan('n', 5));
  const object = await saved(CLASS, { n: 6, when: new Date(0), extra: 1 });
  for (const change of [{ n: 7 }, { n: 1 }, { n: 8 }]) await object.save(change);
  object.unset('extra');
  await object.save();
  await object.destroy();
  await eventually(() => events.length >= 6);
  assert.deepEqual(names(events), ['create', 'update', 'leave', 'enter', 'update', 'delete']);
  assert.equal(events[0][1].get('when').getTime(), 0);
  assert.equal(events[1][1].get('n') - events[1][2].get('n'), 1);
  assert.equal(events[4][1].get('extra'), undefined);
  await subscription.unsubscribe();
});

test('many writes over many connections are all heard, in order for each object', async () => {
  const { subscription, events } = await listen(new Parse.Query(CLASS).equalTo('kind', 'many'));
  const objects = await Promise.all([...Array(10)].map(() => saved(CLASS, { kind: 'many', n: 0 })));
  for (let n = 1; n <= 5; n++) await Promise.all(objects.map(object => object.save({ n })));
  await eventually(() => events.length >= 60);
  for (const { id } of objects) {
    const seen = events.filter(([, object]) => object.id === id);
    assert.deepEqual(names(seen), ['create', ...Array(5).fill('update')]);
  }
  await subscription.unsubscribe();
});

test('keys and watch', async () => {
  const query = new Parse.Query(CLASS).equalTo('kind', 'watched').select('n').watch('n');
  const { subscription, events } = await listen(query);
  const object = await saved(CLASS, { kind: 'watched', n: 1, m: 1 });
  await object.save({ m: 2 });
  await object.save({ n: 2 });
  await eventually(() => events.length >= 2);
  assert.deepEqual(names(events), ['create', 'update']);
  assert.equal(events[1][1].get('m'), undefined);
  await subscription.unsubscribe();
});

test('what only a user may read reaches that user, until the session ends', async () => {
  const user = await newUser();
  const token = user.getSessionToken();
  const own = await listen(new Parse.Query(CLASS).equalTo('kind', 'own'), token);
  forget();
  const others = await listen(new Parse.Query(CLASS).equalTo('kind', 'own'));
  const object = new Parse.Object(CLASS, { kind: 'own', n: 1 });
  object.setACL(new Parse.ACL(user));
  await object.save(null, master);
  await eventually(() => own.events.length >= 1);
  await Parse.CoreManager.getRESTController().request('POST', 'logout', {}, { sessionToken: token });
  await object.save({ n: 2 }, master);
  await saved(CLASS, { kind: 'own', n: 3 });
  await eventually(() => own.events.length >= 2 && others.events.length >= 1);
  assert.deepEqual(own.events.map(([, found]) => found.get('n')), [1, 3]);
  assert.deepEqual(others.events.map(([, found]) => found.get('n')), [3]);
  await own.subscription.unsubscribe();
  await others.subscription.unsubscribe();
});

test('a pattern that is none is refused', async () => {
  const query = new Parse.Query(CLASS);
  query._addCondition('s', '$regex', '[');
  await refused(query.subscribe(), 102);
});
