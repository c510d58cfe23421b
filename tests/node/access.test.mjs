// Who may do what: ACLs, roles, class-level permissions, protected fields.
import { test } from 'node:test';
import { Parse, assert, forget, fresh, master, newUser, refused, reread, saved } from './support.mjs';

const CLASS = fresh('Secret');

/** Two users; each is {user, sessionToken}. */
async function two() {
  const both = [await newUser(), await newUser()];
  forget();
  return both.map(user => ({ user, sessionToken: user.getSessionToken() }));
}

const as = who => ({ sessionToken: who.sessionToken });

async function guarded(acl) {
  const object = new Parse.Object(CLASS, { n: 1 });
  object.setACL(acl);
  return object.save(null, master);
}

test('a private object is seen and changed by its owner alone', async () => {
  const [ann, ben] = await two();
  const object = await guarded(new Parse.ACL(ann.user));
  assert.equal((await reread(object, as(ann))).get('n'), 1);
  await refused(reread(object, as(ben)), 101);
  await refused(reread(object), 101);
  await refused(object.save({ n: 2 }, as(ben)), 101);
  await refused(object.destroy(as(ben)), 101);
  await object.save({ n: 3 }, as(ann));
  assert.equal((await reread(object, master)).get('n'), 3);
});

test('reading and writing are granted apart', async () => {
  const [ann, ben] = await two();
  const acl = new Parse.ACL(ann.user);
  acl.setPublicReadAccess(true);
  const object = await guarded(acl);
  assert.equal((await reread(object)).get('n'), 1);
  await refused(object.save({ n: 2 }, as(ben)), 101);
  acl.setWriteAccess(ben.user, true);
  object.setACL(acl);
  await object.save(null, as(ann));
  await object.save({ n: 2 }, as(ben));
  const found = await reread(object);
  assert.deepEqual([found.getACL().getWriteAccess(ben.user.id), found.getACL().getPublicWriteAccess()], [true, false]);
});

test('roles give their members rights, through other roles too', async () => {
  const [ann, ben] = await two();
  const acl = new Parse.ACL();
  const inner = new Parse.Role(fresh('inner'), acl);
  inner.getUsers().add(ann.user);
  await inner.save(null, master);
  const outer = new Parse.Role(fresh('outer'), acl);
  outer.getRoles().add(inner);
  await outer.save(null, master);
  const forRole = new Parse.ACL();
  forRole.setRoleReadAccess(outer, true);
  forRole.setRoleWriteAccess(outer, true);
  const object = await guarded(forRole);
  assert.equal((await reread(object, as(ann))).get('n'), 1);
  await refused(reread(object, as(ben)), 101);
  inner.getUsers().remove(ann.user);
  await inner.save(null, master);
  await refused(reread(object, as(ann)), 101);
});

test('a role is named once', async () => {
  const name = fresh('role');
  await new Parse.Role(name, new Parse.ACL()).save(null, master);
  await refused(new Parse.Role(name, new Parse.ACL()).save(null, master), 137);
});

test('class-level permissions close a class', async () => {
  const [ann] = await two();
  const className = fresh('Closed');
  const schema = new Parse.Schema(className).addNumber('n').addString('hidden');
  const user = { requiresAuthentication: true };
  const permissions = { get: user, find: user, count: {}, create: user, update: {}, delete: {}, addField: {} };
  schema.setCLP({ ...permissions, protectedFields: { '*': ['hidden'] } });
  await schema.save();
  await refused(saved(className, { n: 1 }), 101);
  const object = new Parse.Object(className, { n: 1, hidden: 'h' });
  await object.save(null, as(ann));
  const found = await new Parse.Query(className).first(as(ann));
  assert.deepEqual([found.get('n'), found.has('hidden')], [1, false]);
  assert.equal((await new Parse.Query(className).first(master)).get('hidden'), 'h');
  await refused(new Parse.Query(className).find(), 101);
  await refused(new Parse.Query(className).count(as(ann)), 119);
  await refused(object.save({ n: 2 }, as(ann)), 119);
  await refused(new Parse.Object(className, { more: 1 }).save(null, as(ann)), 119);
  await refused(object.destroy(as(ann)), 119);
});

test('a pointer field grants its user', async () => {
  const [ann, ben] = await two();
  const className = fresh('Owned');
  const schema = new Parse.Schema(className).addPointer('owner', '_User').addNumber('n');
  const owner = { pointerFields: ['owner'] };
  schema.setCLP({ get: owner, find: owner, count: owner, create: { '*': true }, update: owner, delete: owner, addField: {} });
  await schema.save();
  const object = await saved(className, { owner: ann.user, n: 1 });
  assert.equal((await reread(object, as(ann))).get('n'), 1);
  assert.deepEqual(await new Parse.Query(className).find(as(ben)), []);
  await refused(object.save({ n: 2 }, as(ben)), 101);
  await object.save({ n: 3 }, as(ann));
});

test('the schema is for the master key', async () => {
  const names = (await Parse.Schema.all()).map(one => one.className);
  assert.ok(names.includes('_User'));
});
