// Every constraint that the SDK's Query has.
import { before, test } from 'node:test';
import { Parse, assert, fresh, master, newUser, refused, saved } from './support.mjs';

const CLASS = fresh('Score');
const TEAM = fresh('Team');
const day = n => new Date(Date.UTC(2026, 0, n));
const NAMES = ['Ann', 'ben', 'Cid', 'Dora', 'Eve+1'];

/** Five scores: n 0 to 4; Eve has neither `team` nor `tags`. */
before(async () => {
  const teams = await Promise.all(['red', 'blue'].map((color, n) => saved(TEAM, { color, rank: n, city: n ? 'Rome' : 'Oslo' })));
  const objects = NAMES.map((name, n) => {
    const common = { n, name, at: day(n + 1), even: n % 2 === 0, info: { level: n, deep: { x: n } } };
    const place = new Parse.GeoPoint(10 * n, 10 * n);
    const more = n < 4 ? { team: teams[n % 2], tags: ['all', `t${n}`, `t${n + 1}`], home: n % 2 ? 'Rome' : 'Paris' } : {};
    return new Parse.Object(CLASS, { ...common, place, ...more });
  });
  await Parse.Object.saveAll(objects);
  await objects[0].save({ nothing: null });
});

const query = () => new Parse.Query(CLASS).ascending('n');
const numbers = async found => (await found.find()).map(one => one.get('n'));
const in_ = (...queries) => Parse.Query.or(...queries).ascending('n');

/** What is asked, and the `n` of the objects that are found, in order. */
const ROWS = {
  'no constraint': [() => query(), [0, 1, 2, 3, 4]],
  'equalTo a number': [() => query().equalTo('n', 3), [3]],
  'equalTo a text': [() => query().equalTo('name', 'ben'), [1]],
  'equalTo a boolean': [() => query().equalTo('even', true), [0, 2, 4]],
  'equalTo a date': [() => query().equalTo('at', day(2)), [1]],
  'equalTo an element of a list': [() => query().equalTo('tags', 't2'), [1, 2]],
  'equalTo several keys': [() => query().equalTo({ even: true, name: 'Cid' }), [2]],
  'equalTo null finds missing too': [() => query().equalTo('team', null), [4]],
  'equalTo a nested value': [() => query().equalTo('info.deep.x', 3), [3]],
  'notEqualTo': [() => query().notEqualTo('n', 1), [0, 2, 3, 4]],
  'notEqualTo finds missing': [() => query().notEqualTo('home', 'Rome'), [0, 2, 4]],
  lessThan: [() => query().lessThan('n', 2), [0, 1]],
  lessThanOrEqualTo: [() => query().lessThanOrEqualTo('at', day(2)), [0, 1]],
  greaterThan: [() => query().greaterThan('name', 'Cid'), [1, 3, 4]],
  greaterThanOrEqualTo: [() => query().greaterThanOrEqualTo('info.level', 3), [3, 4]],
  'a range': [() => query().greaterThan('n', 0).lessThan('n', 3), [1, 2]],
  containedIn: [() => query().containedIn('name', ['Ann', 'Dora', 'nobody']), [0, 3]],
  'containedIn nothing': [() => query().containedIn('name', []), []],
  'containedIn a list': [() => query().containedIn('tags', ['t0', 't4']), [0, 3]],
  notContainedIn: [() => query().notContainedIn('n', [0, 4]), [1, 2, 3]],
  containsAll: [() => query().containsAll('tags', ['all', 't2']), [1, 2]],
  containsAllStartingWith: [() => query().containsAllStartingWith('tags', ['a', 't3']), [2, 3]],
  containedBy: [() => query().containedBy('tags', ['all', 't0', 't1', 't2']), [0, 1, 4]],
  exists: [() => query().exists('team'), [0, 1, 2, 3]],
  'exists finds a stored null': [() => query().exists('nothing'), [0]],
  doesNotExist: [() => query().doesNotExist('tags'), [4]],
  matches: [() => query().matches('name', /^[a-c]/), [1]],
  'matches without regard to case': [() => query().matches('name', /^[a-c]/i), [0, 1, 2]],
  'matches with modifiers': [() => query().matches('name', '^a NN $', 'ix'), [0]],
  contains: [() => query().contains('name', 'or'), [3]],
  'contains takes text as it is': [() => query().contains('name', 'e+1'), [4]],
  startsWith: [() => query().startsWith('name', 'D'), [3]],
  endsWith: [() => query().endsWith('name', '+1'), [4]],
  'or': [() => in_(query().equalTo('n', 0), query().equalTo('name', 'Dora')), [0, 3]],
  'and': [() => Parse.Query.and(query().greaterThan('n', 0), query().equalTo('even', true)).ascending('n'), [2, 4]],
  'nor': [() => Parse.Query.nor(query().equalTo('n', 0), query().equalTo('even', false)).ascending('n'), [2, 4]],
  matchesQuery: [() => query().matchesQuery('team', new Parse.Query(TEAM).equalTo('color', 'red')), [0, 2]],
  doesNotMatchQuery: [() => query().doesNotMatchQuery('team', new Parse.Query(TEAM).equalTo('color', 'red')), [1, 3, 4]],
  matchesKeyInQuery: [() => query().matchesKeyInQuery('home', 'city', new Parse.Query(TEAM)), [1, 3]],
  doesNotMatchKeyInQuery: [() => query().doesNotMatchKeyInQuery('home', 'city', new Parse.Query(TEAM)), [0, 2, 4]],
  'equalTo a pointer': [async () => query().equalTo('team', await new Parse.Query(TEAM).equalTo('color', 'blue').first()), [1, 3]],
  near: [() => new Parse.Query(CLASS).near('place', new Parse.GeoPoint(31, 31)), [3, 4, 2, 1, 0]],
  withinKilometers: [() => new Parse.Query(CLASS).withinKilometers('place', new Parse.GeoPoint(1, 1), 1600), [0, 1]],
  'withinKilometers unsorted': [() => query().withinKilometers('place', new Parse.GeoPoint(11, 11), 1600, false), [1, 2]],
  withinMiles: [() => new Parse.Query(CLASS).withinMiles('place', new Parse.GeoPoint(1, 1), 100), [0]],
  withinRadians: [() => new Parse.Query(CLASS).withinRadians('place', new Parse.GeoPoint(39, 39), 0.1), [4]],
  withinGeoBox: [() => query().withinGeoBox('place', new Parse.GeoPoint(5, 5), new Parse.GeoPoint(25, 25)), [1, 2]],
  withinPolygon: [() => query().withinPolygon('place', [[-5, -5], [-5, 15], [15, 15], [15, -5]]), [0, 1]],
  'descending': [() => new Parse.Query(CLASS).descending('n'), [4, 3, 2, 1, 0]],
  'several orders': [() => new Parse.Query(CLASS).descending('even').addAscending('n'), [0, 2, 4, 1, 3]],
  'addDescending': [() => new Parse.Query(CLASS).ascending('even').addDescending('n'), [3, 1, 4, 2, 0]],
  'skip and limit': [() => query().skip(1).limit(2), [1, 2]],
};

for (const [name, [build, expected]] of Object.entries(ROWS)) {
  test(name, async () => assert.deepEqual(await numbers(await build()), expected));
}

test('limit 0 finds nothing, withCount counts all', async () => {
  const found = await query().limit(0).withCount().find();
  assert.deepEqual([found.results, found.count], [[], 5]);
});

test('count, first and get', async () => {
  assert.equal(await query().greaterThan('n', 1).count(), 3);
  const first = await query().descending('n').first();
  assert.equal(first.get('n'), 4);
  assert.equal((await query().get(first.id)).get('name'), 'Eve+1');
  assert.equal(await query().equalTo('n', 99).first(), undefined);
  await refused(query().get('doesNotExist'), 101);
});

test('select and exclude', async () => {
  const some = await query().select('name').first();
  assert.deepEqual([some.has('name'), some.has('n'), some.has('createdAt')], [true, false, true]);
  const others = await query().exclude('name', 'info').first();
  assert.deepEqual([others.has('name'), others.has('info'), others.has('n')], [false, false, true]);
});

test('include and includeAll bring the objects that pointers name', async () => {
  const plain = await query().first();
  assert.equal(plain.get('team').get('color'), undefined);
  const included = await query().include('team').first();
  assert.equal(included.get('team').get('color'), 'red');
  const all = await query().includeAll().first();
  assert.equal(all.get('team').get('rank'), 0);
  const partly = await query().include('team').select('team.color').first();
  assert.deepEqual([partly.get('team').get('color'), partly.get('team').get('rank')], ['red', undefined]);
});

test('polygonContains', async () => {
  const className = fresh('Area');
  const area = new Parse.Polygon([[0, 0], [0, 2], [2, 2], [2, 0]]);
  await saved(className, { area });
  const inside = new Parse.Query(className).polygonContains('area', new Parse.GeoPoint(1, 1));
  const outside = new Parse.Query(className).polygonContains('area', new Parse.GeoPoint(3, 1));
  assert.deepEqual([await inside.count(), await outside.count()], [1, 0]);
});

test('fullText finds words, best first', async () => {
  const className = fresh('Text');
  const objects = ['A coffee and a cake', 'Coffee', 'tea'].map(text => new Parse.Object(className, { text }));
  await Parse.Object.saveAll(objects);
  const found = await new Parse.Query(className).fullText('text', 'coffee').sortByTextScore().find();
  assert.deepEqual(found.map(one => one.id), [objects[1].id, objects[0].id]);
  assert.ok(found[0].get('score') > found[1].get('score'));
});

test('relative times', async () => {
  const className = fresh('Time');
  const soon = new Date(Date.now() + 3600e3);
  await saved(className, { soon });
  const within = text => rawCount(className, { soon: { $lt: { $relativeTime: text } } });
  assert.deepEqual([await within('in 2 hours'), await within('in 1 minute')], [1, 0]);
});

const rawCount = (className, where) => {
  const found = new Parse.Query(className);
  found._where = where;
  return found.count();
};

test('distinct and aggregate need the master key', async () => {
  assert.deepEqual((await query().distinct('home')).sort(), ['Paris', 'Rome']);
  const sums = await new Parse.Query(CLASS).aggregate([{ $group: { _id: '$even', total: { $sum: '$n' } } }, { $sort: { total: 1 } }]);
  assert.deepEqual(sums.map(one => [one.objectId, one.total]), [[false, 4], [true, 6]]);
});

test('each walks over all objects', async () => {
  const seen = [];
  await new Parse.Query(CLASS).each(one => void seen.push(one.get('n')), { batchSize: 2 });
  assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4]);
});

test('explain and hint tell about the store', async () => {
  const plan = await query().equalTo('n', 1).explain().find(master);
  assert.ok(JSON.stringify(plan).includes('queryPlanner'));
});

test('a comment and a read preference are accepted', async () => {
  const found = query().comment('from a test').readPreference('PRIMARY', 'PRIMARY', 'PRIMARY');
  assert.deepEqual(await numbers(found), [0, 1, 2, 3, 4]);
});

test('users cannot be asked for what is private', async () => {
  const user = await newUser({ email: `${fresh('a')}@example.com` });
  await Parse.User.logOut();
  assert.equal(await new Parse.Query(Parse.User).equalTo('objectId', user.id).count(), 0);
});

test('an unknown class has no objects', async () => {
  assert.deepEqual(await new Parse.Query(fresh('Never')).find(), []);
});

test('a query as JSON asks the same', async () => {
  const copy = Parse.Query.fromJSON(CLASS, query().lessThan('n', 2).toJSON());
  assert.deepEqual(await numbers(copy), [0, 1]);
});

test('a wrong query is refused with the name of what is wrong', async () => {
  const bad = new Parse.Query(CLASS);
  bad._where = { n: { $nope: 1 } };
  const error = await refused(bad.find(), 107);
  assert.match(error.message, /\$nope/);
});
