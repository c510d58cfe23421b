// Objects: every type, every operation, batches, relations, includes.
import { test } from 'node:test';
import { Parse, assert, fresh, master, refused, reread, rest, saved } from './support.mjs';

const CLASS = fresh('Thing');
const when = new Date('2026-02-03T04:05:06.789Z');
const point = new Parse.GeoPoint(12.5, -71.25);
const area = new Parse.Polygon([[0, 0], [0, 2], [2, 2], [2, 0]]);

const VALUES = {
  text: 'Grüße, 世界 🎉 "quoted" \\ \n\t\u2028',
  empty: '',
  whole: 42,
  negative: -0.5,
  large: 9007199254740991,
  tiny: 5e-324,
  huge: 1.7976931348623157e308,
  yes: true,
  no: false,
  nothing: null,
  list: [1, 'two', null, [3, [4]], { five: 5 }],
  nested: { a: { b: { c: [1, { d: 2 }] } }, 'with space': 1, 'ключ': 'значение' },
  noList: [],
  noObject: {},
};

test('plain values come back as they were', async () => {
  const object = await reread(await saved(CLASS, VALUES));
  for (const [key, value] of Object.entries(VALUES)) assert.deepEqual(object.get(key), value, key);
});

test('dates, points, polygons, bytes and pointers come back as themselves', async () => {
  const other = await saved(CLASS, { text: 'other' });
  const bytes = { __type: 'Bytes', base64: 'AAECAw==' };
  const fields = { date: when, point, area, bytes, other, dates: [when], inside: { when, point, other: other.toPointer() } };
  const object = await reread(await saved(CLASS, fields));
  assert.equal(object.get('date').getTime(), when.getTime());
  assert.ok(object.get('point').equals(point));
  assert.deepEqual(object.get('area').coordinates, [[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]);
  assert.deepEqual(object.get('bytes'), bytes);
  assert.equal(object.get('other').id, other.id);
  assert.equal(object.get('dates')[0].getTime(), when.getTime());
  assert.equal(object.get('inside').when.getTime(), when.getTime());
  assert.ok(object.get('inside').point.equals(point));
  assert.equal(object.get('inside').other.id, other.id);
});

test('the answer to a save carries id and dates', async () => {
  const object = await saved(CLASS, { whole: 1 });
  assert.match(object.id, /^[A-Za-z0-9]{10}$/);
  assert.equal(object.createdAt.getTime(), object.updatedAt.getTime());
  await object.save({ whole: 2 });
  assert.ok(object.updatedAt >= object.createdAt);
});

test('numbers count up and down', async () => {
  const object = await saved(CLASS, { whole: 1 });
  object.increment('whole', 5);
  object.decrement('negative', 2.5);
  await object.save();
  assert.deepEqual([object.get('whole'), object.get('negative')], [6, -2.5]);
  object.increment('whole');
  await object.save();
  assert.equal((await reread(object)).get('whole'), 7);
});

test('two clients count without losing one', async () => {
  const object = await saved(CLASS, { whole: 0 });
  const clients = Array.from({ length: 10 }, () => Parse.Object.fromJSON({ className: CLASS, objectId: object.id }, true));
  await Promise.all(clients.map(one => (one.increment('whole'), one.save())));
  assert.equal((await reread(object)).get('whole'), 10);
});

test('lists grow, keep elements single, and shrink', async () => {
  const object = await saved(CLASS, { list: [1] });
  object.add('list', 2);
  object.addAll('noList', [1, 1]);
  await object.save();
  object.addUnique('list', 2);
  object.addAllUnique('noList', [1, 2]);
  await object.save();
  object.remove('list', 1);
  object.removeAll('noList', [1]);
  await object.save();
  const found = await reread(object);
  assert.deepEqual([found.get('list'), found.get('noList')], [[2], [2]]);
});

test('a field can be unset', async () => {
  const object = await saved(CLASS, { text: 'a', whole: 1 });
  object.unset('text');
  await object.save();
  const found = await reread(object);
  assert.deepEqual([found.has('text'), found.get('whole')], [false, 1]);
});

test('dotted keys change one place of an object', async () => {
  const object = await saved(CLASS, { nested: { a: { b: 1, c: 2 }, n: 1 } });
  object.set('nested.a.b', 9);
  object.increment('nested.n', 4);
  object.unset('nested.a.c');
  await object.save();
  assert.deepEqual((await reread(object)).get('nested'), { a: { b: 9 }, n: 5 });
});

test('a column keeps its type', async () => {
  await saved(CLASS, { text: 'a' });
  const error = await refused(saved(CLASS, { text: 1 }), 111);
  assert.equal(error.message, `schema mismatch for ${CLASS}.text; expected String but got Number`);
});

test('names of fields have rules', async () => {
  for (const name of ['bad-name', '1st', 'dollar$']) {
    await refused(rest('POST', `classes/${CLASS}`, { [name]: 1 }), 105);
  }
});

test('saveAll stores 120 objects, fetchAll brings them, destroyAll removes them', async () => {
  const className = fresh('Many');
  const objects = Array.from({ length: 120 }, (_, n) => new Parse.Object(className, { n }));
  await Parse.Object.saveAll(objects);
  assert.equal(new Set(objects.map(one => one.id)).size, 120);
  const found = await new Parse.Query(className).ascending('n').limit(1000).find();
  assert.deepEqual(found.map(one => one.get('n')), Array.from({ length: 120 }, (_, n) => n));
  const copies = objects.map(one => Parse.Object.extend(className).createWithoutData(one.id));
  await Parse.Object.fetchAll(copies);
  assert.equal(copies[7].get('n'), 7);
  await Parse.Object.destroyAll(objects);
  assert.equal(await new Parse.Query(className).count(), 0);
});

test('one bad object in a batch does not spoil the others', async () => {
  const className = fresh('Mixed');
  await saved(className, { n: 1 });
  const objects = [new Parse.Object(className, { n: 2 }), new Parse.Object(className, { n: 'text' }), new Parse.Object(className, { n: 3 })];
  await assert.rejects(Parse.Object.saveAll(objects));
  assert.equal(await new Parse.Query(className).count(), 3);
});

test('a transaction stores all or nothing', async () => {
  const className = fresh('Together');
  await saved(className, { n: 0 });
  const options = { transaction: true };
  await Parse.Object.saveAll([1, 2].map(n => new Parse.Object(className, { n })), options);
  assert.equal(await new Parse.Query(className).count(), 3);
  const bad = [new Parse.Object(className, { n: 3 }), new Parse.Object(className, { n: 'text' })];
  await assert.rejects(Parse.Object.saveAll(bad, options));
  assert.equal(await new Parse.Query(className).count(), 3);
});

test('objects inside objects are saved with them', async () => {
  const child = new Parse.Object(CLASS, { text: 'child' });
  const parent = new Parse.Object(CLASS, { other: child, list: [new Parse.Object(CLASS, { text: 'in a list' })] });
  await parent.save();
  const found = await new Parse.Query(CLASS).include('other', 'list').get(parent.id);
  assert.equal(found.get('other').get('text'), 'child');
  assert.equal(found.get('list')[0].get('text'), 'in a list');
});

test('an object that is gone cannot be read, changed or deleted', async () => {
  const object = await saved(CLASS, { whole: 1 });
  await object.destroy();
  await refused(reread(object), 101);
  await refused(object.save({ whole: 2 }), 101);
  assert.equal(await object.exists(), false);
});

test('relations link many objects', async () => {
  const [owner, ...others] = await Promise.all([0, 1, 2, 3].map(n => saved(CLASS, { whole: n })));
  const relation = owner.relation('friends');
  relation.add(others);
  await owner.save();
  assert.equal(await relation.query().count(), 3);
  const two = await owner.relation('friends').query().greaterThan('whole', 1).ascending('whole').find();
  assert.deepEqual(two.map(one => one.get('whole')), [2, 3]);
  relation.remove(others[0]);
  await owner.save();
  assert.equal(await relation.query().count(), 2);
  const owners = await new Parse.Query(CLASS).equalTo('friends', others[1]).find();
  assert.deepEqual(owners.map(one => one.id), [owner.id]);
  const again = (await reread(owner)).relation('friends');
  assert.equal(again.targetClassName, CLASS);
  assert.equal(await again.query().count(), 2);
});

test('a subclass is found by its class', async () => {
  const className = fresh('Sub');
  class Sub extends Parse.Object {
    constructor() {
      super(className);
    }
    double() {
      return this.get('n') * 2;
    }
  }
  Parse.Object.registerSubclass(className, Sub);
  await new Sub().save({ n: 4 });
  const found = await new Parse.Query(Sub).first();
  assert.equal(found.double(), 8);
  Parse.Object.unregisterSubclass(className);
});

test('context and master key travel with a save', async () => {
  const object = new Parse.Object(CLASS, { whole: 1 });
  await object.save(null, { ...master, context: { why: 'test' } });
  assert.ok(object.id);
});
