// Two servers on one database, both written to in turns: PARSE_URL begins, OTHER_URL reads and goes on.
import { test } from 'node:test';
import { Parse, assert, eventually, forget, fresh, master, newUser, refused, reread, saved } from './support.mjs';

const ONE = process.env.PARSE_URL;
const OTHER = process.env.OTHER_URL;
const ask = url => (Parse.serverURL = url);
/** What `work` gives on this server. The next request goes to the first one again. */
async function on(url, work) {
  ask(url);
  try {
    return await work();
  } finally {
    ask(ONE);
  }
}
const there = work => on(OTHER, work);

/** Another server hears of a new class or column some milliseconds later. */
const known = className => there(() => eventually(() => new Parse.Schema(className).get().catch(() => null)));

const json = object => {
  const { updatedAt, ...rest } = object.toJSON();
  return rest;
};

test('objects of every type', async () => {
  const className = fresh('Every');
  const target = await saved(className, { text: 'target' });
  const object = await saved(className, {
    text: 'Grüße 🎉', n: 1.5, whole: 7, yes: true, nothing: null, list: [1, 'a', null, { deep: [2] }], nested: { a: { b: 1 } },
    date: new Date('2026-02-03T04:05:06.789Z'), point: new Parse.GeoPoint(12.5, -71.25), target,
    area: new Parse.Polygon([[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]), bytes: { __type: 'Bytes', base64: 'AAECAw==' },
  }); // prettier-ignore
  await known(className);
  const here = json(await reread(object));
  assert.deepEqual(await there(async () => json(await reread(object))), here);
  const copy = await there(() => reread(object));
  copy.increment('whole', 3);
  copy.addUnique('list', 'b');
  copy.set('nested.a.b', 2);
  copy.unset('text');
  copy.set('point', new Parse.GeoPoint(1, 2));
  await there(() => copy.save());
  const changed = await reread(object);
  assert.deepEqual([changed.get('whole'), changed.get('list').at(-1), changed.get('nested')], [10, 'b', { a: { b: 2 } }]);
  assert.deepEqual([changed.has('text'), changed.get('point').longitude], [false, 2]);
});

test('120 objects are found, counted and deleted by the other', async () => {
  const className = fresh('Many');
  await Parse.Object.saveAll(Array.from({ length: 120 }, (_, n) => new Parse.Object(className, { n })));
  await known(className);
  const query = () => new Parse.Query(className).greaterThan('n', 99).descending('n');
  const numbers = async () => (await query().find()).map(one => one.get('n'));
  assert.deepEqual(await there(numbers), await numbers());
  await there(async () => Parse.Object.destroyAll(await new Parse.Query(className).limit(1000).find()));
  assert.equal(await new Parse.Query(className).count(), 0);
});

test('a user logs in with the password there is, before and after it is changed', async () => {
  const user = await newUser({ email: `${fresh('mail')}@example.com`, nick: 'Ann' });
  const name = user.getUsername();
  forget();
  const same = await there(() => Parse.User.logIn(name, 'right'));
  assert.deepEqual([same.id, same.get('nick')], [user.id, 'Ann']);
  await there(() => same.save({ password: 'changed there' }));
  forget();
  await refused(Parse.User.logIn(name, 'right'), 101);
  const again = await Parse.User.logIn(name, 'changed there');
  await again.save({ password: 'changed here' });
  forget();
  await there(() => Parse.User.logIn(name, 'changed here'));
  await refused(there(() => newUser({ username: name.toUpperCase() })), 202);
});

test('a session holds on both, and ends on both', async () => {
  const user = await newUser();
  const token = user.getSessionToken();
  forget();
  assert.equal((await there(() => Parse.User.become(token))).id, user.id);
  await there(() => Parse.User.logOut());
  // The first server may remember a session for five seconds.
  await eventually(() => Parse.User.become(token).then(() => false, error => error.code === 209));
});

test('an anonymous user is the same one', async () => {
  forget();
  const authData = { id: fresh('device') };
  const user = await Parse.User.logInWith('anonymous', { authData });
  forget();
  assert.equal((await there(() => Parse.User.logInWith('anonymous', { authData }))).id, user.id);
});

test('roles and ACLs', async () => {
  const [ann, ben] = [await newUser(), await newUser()];
  forget();
  const role = new Parse.Role(fresh('role'), new Parse.ACL());
  role.getUsers().add(ann);
  await role.save(null, master);
  const object = new Parse.Object(fresh('Secret'), { n: 1 });
  const acl = new Parse.ACL();
  acl.setRoleReadAccess(role, true);
  acl.setRoleWriteAccess(role, true);
  object.setACL(acl);
  await object.save(null, master);
  await known(object.className);
  const as = who => ({ sessionToken: who.getSessionToken() });
  for (const url of [ONE, OTHER]) {
    await on(url, async () => {
      assert.equal((await reread(object, as(ann))).get('n'), 1);
      await refused(reread(object, as(ben)), 101);
    });
  }
  await there(async () => {
    const same = await new Parse.Query(Parse.Role).equalTo('name', role.getName()).first(master);
    same.getUsers().add(ben);
    await same.save(null, master);
  });
  await eventually(() => reread(object, as(ben)).catch(() => null));
  assert.deepEqual((await reread(object, master)).getACL().toJSON(), acl.toJSON());
});

test('relations', async () => {
  const className = fresh('Node');
  const [owner, a, b] = [await saved(className, {}), await saved(className, {}), await saved(className, {})];
  owner.relation('friends').add(a);
  await owner.save();
  await known(className);
  await there(async () => {
    const same = await reread(owner);
    assert.deepEqual((await same.relation('friends').query().find()).map(one => one.id), [a.id]);
    same.relation('friends').add(b);
    await same.save();
  });
  assert.equal(await owner.relation('friends').query().count(), 2);
});

test('schemas, permissions and defaults', async () => {
  const className = fresh('Made');
  const schema = new Parse.Schema(className).addString('s', { required: true }).addNumber('n', { defaultValue: 7 });
  schema.setCLP({ get: {}, find: { requiresAuthentication: true }, count: {}, create: { '*': true }, update: {}, delete: {}, addField: {} });
  await schema.save();
  const there_ = await known(className);
  const here = await new Parse.Schema(className).get();
  assert.deepEqual([there_.fields, there_.classLevelPermissions], [here.fields, here.classLevelPermissions]);
  await there(async () => {
    await refused(saved(className, {}), 142);
    assert.equal((await saved(className, { s: 'a' })).get('n'), 7);
    forget();
    await refused(new Parse.Query(className).find(), 101);
    await new Parse.Schema(className).addDate('added').update();
  });
  await eventually(async () => (await new Parse.Schema(className).get()).fields.added);
});

test('files', async () => {
  await newUser();
  const file = await new Parse.File('a.txt', { base64: Buffer.from('in GridFS').toString('base64') }, 'text/plain').save();
  const object = await saved(fresh('Attachment'), { file });
  await known(object.className);
  const url = await there(async () => (await reread(object)).get('file').url());
  assert.ok(url.startsWith(OTHER), url);
  assert.equal(await (await fetch(url)).text(), 'in GridFS');
});

test('config', async () => {
  const key = fresh('k');
  await Parse.Config.save({ [key]: { a: [1] } });
  assert.deepEqual(await there(async () => (await Parse.Config.get()).get(key)), { a: [1] });
});
