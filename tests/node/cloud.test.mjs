// Cloud code as a client sees it; the Python side is tests/clients/cloud_features.py.
import { test } from 'node:test';
import { Parse, assert, eventually, fresh, master, newUser, refused, reread, saved } from './support.mjs';

const run = Parse.Cloud.run;

test('parameters come back as they went', async () => {
  const params = { text: 'Grüße', n: 1.5, list: [1, { a: null }], yes: true, date: new Date(0), point: new Parse.GeoPoint(1, 2) };
  const found = await run('echo', params);
  assert.deepEqual([found.text, found.n, found.list, found.yes], ['Grüße', 1.5, [1, { a: null }], true]);
  assert.equal(found.date.getTime(), 0);
  assert.equal(found.point.longitude, 2);
});

test('Python gets Python values', async () => {
  const params = { text: 'a', whole: 1, part: 0.5, yes: true, list: [], map: {}, date: new Date() };
  const expected = { text: 'str', whole: 'int', part: 'float', yes: 'bool', list: 'list', map: 'dict', date: 'datetime' };
  assert.deepEqual(await run('typesOf', params), expected);
});

test('results carry dates, points and whole objects', async () => {
  const found = await run('allTypes');
  assert.equal(found.date.toISOString(), '2026-01-02T00:00:00.000Z');
  assert.equal(found.point.latitude, 1);
  assert.ok(found.object instanceof Parse.Object);
  assert.deepEqual([found.object.get('n'), found.list[0].id, found.none], [1, found.object.id, null]);
});

test('a function may return nothing', async () => assert.equal(await run('nothing'), undefined));

test('an async function is waited for', async () => assert.equal(await run('waits'), 'waited'));

test('errors keep their code and text', async () => {
  assert.equal((await refused(run('refuse', { code: 101 }), 101)).message, 'refused with a code');
  assert.equal((await refused(run('refuse'), 141)).message, 'refused with a text');
  assert.match((await refused(run('neverDefined'), 141)).message, /Invalid function: "neverDefined"/);
});

test('validators guard functions', async () => {
  await Parse.User.logOut();
  await refused(run('whoAmI'), 142);
  const user = await newUser();
  assert.equal(await run('whoAmI'), user.getUsername());
  assert.equal(await run('checked', { count: 2 }), 'hellohello');
  await refused(run('checked', {}), 142);
  await refused(run('checked', { count: 'two' }), 142);
  await refused(run('forOperators'), 142);
  assert.equal(await run('forOperators', {}, master), true);
});

test('a query inside a function', async () => assert.equal(typeof (await run('countUsers')), 'number'));

test('before_save changes the object, and the answer says so', async () => {
  const object = new Parse.Object('CloudGuarded');
  await object.save({ n: 4 }, { context: { reason: 'why' } });
  assert.deepEqual([object.get('doubled'), object.get('changed'), object.get('reason')], [8, ['n'], 'why']);
  await object.save({ n: 5 });
  assert.deepEqual([object.get('doubled'), object.get('seenBefore')], [10, 4]);
  assert.equal((await reread(object)).get('doubled'), 10);
});

test('before_save refuses with its code or with 141', async () => {
  assert.equal((await refused(saved('CloudGuarded', { n: -1 }), 142)).message, 'n must not be negative');
  assert.equal((await refused(saved('CloudGuarded', { n: 13 }), 141)).message, 'not thirteen');
});

test('in a batch a refusal concerns its own object', async () => {
  const objects = [1, -1, 2].map(n => new Parse.Object('CloudGuarded', { n }));
  await assert.rejects(Parse.Object.saveAll(objects));
  assert.deepEqual(objects.map(one => one.get('doubled')), [2, undefined, 4]);
});

test('after_save gets the context of before_save', async () => {
  const object = await saved('CloudGuarded', { n: 1 });
  const note = await eventually(() => new Parse.Query('CloudNote').equalTo('of', object.id).first(master));
  assert.equal(note.get('came'), 'before');
});

test('before_delete keeps an object', async () => {
  const object = await saved('CloudGuarded', { n: 1, kept: true });
  await refused(object.destroy(), 119);
  await object.destroy(master);
});

test('before_find narrows the query, after_find changes what comes back', async () => {
  const mark = fresh('m');
  await Parse.Object.saveAll([true, false].map(hidden => new Parse.Object('CloudGuarded', { n: 1, hidden, mark })));
  const query = () => new Parse.Query('CloudGuarded').equalTo('mark', mark);
  const found = await query().find();
  assert.deepEqual(found.map(one => [one.get('hidden'), one.get('signed')]), [[false, true]]);
  assert.equal((await query().find(master)).length, 2);
});

test('jobs run and report', async () => {
  const id = await Parse.Cloud.startJob('count', { n: 1 });
  const status = await eventually(async () => {
    const now = await Parse.Cloud.getJobStatus(id);
    return now.get('status') !== 'running' && now;
  });
  assert.deepEqual([status.get('status'), status.get('jobName'), status.get('message')], ['succeeded', 'count', 'counted']);
  const data = await Parse.Cloud.getJobsData();
  assert.deepEqual(data.jobs.sort(), ['count', 'fail']);
});

test('a job that fails says why', async () => {
  const id = await Parse.Cloud.startJob('fail', {});
  const status = await eventually(async () => {
    const now = await Parse.Cloud.getJobStatus(id);
    return now.get('status') === 'failed' && now;
  });
  assert.equal(status.get('message'), 'job failed');
});
