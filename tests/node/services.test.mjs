// Files, config, schemas, installations, analytics, push, hooks in other languages.
import { createServer } from 'node:http';
import { test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Parse, assert, eventually, fresh, master, newUser, refused, rest, saved } from './support.mjs';

test('a file is uploaded, linked to an object, read and deleted', async () => {
  await newUser();
  const text = 'Grüße aus der Datei';
  const file = new Parse.File('notes.txt', { base64: Buffer.from(text).toString('base64') }, 'text/plain');
  await file.save();
  assert.match(file.name(), /_notes\.txt$/);
  const object = await saved(fresh('Attachment'), { file });
  const found = await new Parse.Query(object.className).get(object.id);
  const answer = await fetch(found.get('file').url());
  assert.deepEqual([answer.status, await answer.text()], [200, text]);
  assert.match(answer.headers.get('content-type'), /^text\/plain/);
  await file.destroy(master);
  assert.equal((await fetch(file.url())).status, 404);
});

test('bytes come back byte by byte, in ranges too', async () => {
  await newUser();
  const bytes = Array.from({ length: 70000 }, (_, n) => n % 251);
  const file = await new Parse.File('data.bin', bytes, 'application/octet-stream').save();
  const whole = Buffer.from(await (await fetch(file.url())).arrayBuffer());
  assert.deepEqual([whole.length, whole[69999]], [70000, 69999 % 251]);
  const part = await fetch(file.url(), { headers: { Range: 'bytes=10-19' } });
  const got = [...Buffer.from(await part.arrayBuffer())];
  // A store may answer with the whole file; the contract's GridFS answers with the part.
  assert.deepEqual(part.status === 206 ? got : got.slice(10, 20), bytes.slice(10, 20));
});

test('who is not logged in may not upload', async () => {
  await Parse.User.logOut();
  const file = new Parse.File('a.txt', { base64: 'YQ==' }, 'text/plain');
  await refused(file.save(), 130);
});

test('config: values for all and values for operators', async () => {
  const key = fresh('k');
  await Parse.Config.save({ [key]: 'open', [`${key}s`]: 'shut' }, { [`${key}s`]: true });
  const seen = await Parse.Config.get();
  assert.deepEqual([seen.get(key), seen.get(`${key}s`)], ['open', undefined]);
  assert.equal((await Parse.Config.get(master)).get(`${key}s`), 'shut');
});

test('schemas are made, changed and dropped', async () => {
  const className = fresh('Made');
  const schema = new Parse.Schema(className).addString('s', { required: true }).addNumber('n', { defaultValue: 7 });
  await schema.addPointer('p', '_User').addRelation('r', className).addIndex('byS', { s: 1 }).save();
  const fields = (await new Parse.Schema(className).get()).fields;
  assert.deepEqual([fields.s, fields.p], [{ type: 'String', required: true }, { type: 'Pointer', targetClass: '_User' }]);
  await refused(saved(className, {}), 142);
  assert.equal((await saved(className, { s: 'a' })).get('n'), 7);
  await new Parse.Schema(className).addDate('d').deleteField('n').update();
  const changed = (await new Parse.Schema(className).get()).fields;
  assert.deepEqual([changed.d, changed.n], [{ type: 'Date' }, undefined]);
  await refused(new Parse.Schema(className).delete(), 255);
  await new Parse.Schema(className).purge();
  await new Parse.Schema(className).delete();
  await refused(new Parse.Schema(className).get(), 103);
});

test('an installation is stored once and belongs to its device', async () => {
  const installation = { deviceType: 'ios', installationId: randomUUID(), deviceToken: randomUUID().replaceAll('-', '') };
  const first = await rest('POST', 'installations', installation);
  const again = await rest('POST', 'installations', { ...installation, badge: 3 });
  assert.equal(again.objectId ?? first.objectId, first.objectId);
  const found = await rest('GET', `installations/${first.objectId}`, {}, master);
  assert.equal(found.badge, 3);
});

test('a push is accepted and keeps its record', async () => {
  const id = await Parse.Push.send({ where: new Parse.Query(Parse.Installation), data: { alert: 'hello' } }, master);
  const status = await eventually(async () => {
    const now = await Parse.Push.getPushStatus(id, master);
    return ['succeeded', 'failed'].includes(now.get('status')) && now;
  });
  assert.ok(status.get('pushTime'));
});

test('analytics are accepted', async () => {
  await Parse.Analytics.track('opened', { screen: 'map' });
});

test('a hook in another language', async () => {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', part => (text += part)).on('end', () => {
      const { params } = JSON.parse(text);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(params.fail ? { error: 'no' } : { success: params.n + 1 }));
    });
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const name = fresh('hook');
  await Parse.Hooks.createFunction(name, `http://127.0.0.1:${server.address().port}/`);
  assert.equal(await Parse.Cloud.run(name, { n: 1 }), 2);
  await refused(Parse.Cloud.run(name, { fail: true }), 141);
  await Parse.Hooks.removeFunction(name);
  await refused(Parse.Cloud.run(name, { n: 1 }), 141);
  server.close();
});

test('the server tells its health', async () => {
  assert.equal(await Parse.getServerHealth().then(found => found.status), 'ok');
});
