// Users: sign-up, login, sessions, passwords, anonymous users, third parties.
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Parse, assert, eventually, forget, fresh, master, newUser, refused, reread, rest } from './support.mjs';

const mails = [];
const mailbox = createServer((request, response) => {
  let text = '';
  request.on('data', part => (text += part)).on('end', () => {
    mails.push(JSON.parse(text));
    response.end('{}');
  });
});
before(() => new Promise(done => mailbox.listen(Number(process.env.MAIL_PORT), '127.0.0.1', done)));
after(() => mailbox.close());

test('signing up logs in and hides the password', async () => {
  const user = await newUser({ nick: 'Ann' });
  assert.ok(user.getSessionToken().startsWith('r:'));
  assert.equal(Parse.User.current().id, user.id);
  const found = await reread(user, { sessionToken: user.getSessionToken() });
  assert.deepEqual([found.get('nick'), found.has('password')], ['Ann', false]);
});

test('a name and an address belong to one user, however they are written', async () => {
  const email = `${fresh('Mail')}@Example.com`;
  const user = await newUser({ email });
  await refused(newUser({ username: user.getUsername() }), 202);
  await refused(newUser({ username: user.getUsername().toUpperCase() }), 202);
  await refused(newUser({ email: email.toLowerCase() }), 203);
});

test('logging in with name or address; a wrong password is refused', async () => {
  const email = `${fresh('mail')}@example.com`;
  const user = await newUser({ email });
  await Parse.User.logOut();
  assert.equal((await Parse.User.logIn(user.getUsername(), 'right')).id, user.id);
  assert.equal((await Parse.User.logIn(email, 'right')).id, user.id);
  await refused(Parse.User.logIn(user.getUsername(), 'wrong'), 101);
  await refused(Parse.User.logIn(fresh('nobody'), 'right'), 101);
});

test('become takes a session over; logging out ends it', async () => {
  const token = (await newUser()).getSessionToken();
  const again = await Parse.User.become(token);
  assert.equal(again.getSessionToken(), token);
  await Parse.User.logOut();
  assert.equal(Parse.User.current(), null);
  await refused(Parse.User.become(token), 209);
});

test('a new password ends the other sessions and lets in alone', async () => {
  const user = await newUser();
  const old = user.getSessionToken();
  await user.save({ password: 'better' });
  await refused(Parse.User.become(old), 209);
  await refused(Parse.User.logIn(user.getUsername(), 'right'), 101);
  assert.equal((await Parse.User.logIn(user.getUsername(), 'better')).id, user.id);
});

test('verifyPassword tells without logging in', async () => {
  const user = await newUser();
  await Parse.User.logOut();
  assert.equal((await Parse.User.verifyPassword(user.getUsername(), 'right')).objectId, user.id);
  await refused(Parse.User.verifyPassword(user.getUsername(), 'wrong'), 101);
  assert.equal(Parse.User.current(), null);
});

test('a forgotten password is set through the link in the mail', async () => {
  const email = `${fresh('forgot')}@example.com`;
  const user = await newUser({ email });
  await Parse.User.logOut();
  await Parse.User.requestPasswordReset(email);
  const link = await eventually(() => linkTo(email));
  const page = await fetch(link);
  assert.equal(page.status, 200);
  const form = new URL(link);
  const fields = { username: user.getUsername(), token: form.searchParams.get('token'), new_password: 'renewed' };
  const answer = await fetch(form.origin + form.pathname, { method: 'POST', body: new URLSearchParams(fields) });
  assert.ok(answer.ok, await answer.text());
  assert.equal((await Parse.User.logIn(user.getUsername(), 'renewed')).id, user.id);
  await refused(Parse.User.logIn(user.getUsername(), 'right'), 101);
});

/** The reset link in the last mail to this address. */
function linkTo(email) {
  const mail = mails.findLast(one => one.args[0].to === email);
  return mail?.args[0].text.match(/https?:\/\/\S+request_password_reset\S+/)?.[0];
}

test('nobody learns whether an address is known', async () => {
  await Parse.User.requestPasswordReset(`${fresh('unknown')}@example.com`);
});

test('an anonymous user comes back and can become a named one', async () => {
  await Parse.User.logOut();
  const anonymous = { authData: { id: randomUUID() } };
  const user = await Parse.User.logInWith('anonymous', anonymous);
  assert.equal(user.existed(), false);
  const again = await Parse.User.logInWith('anonymous', anonymous);
  assert.equal(again.id, user.id);
  const username = fresh('named');
  await again.save({ username, password: 'secret' });
  assert.equal((await Parse.User.logIn(username, 'secret')).id, user.id);
});

test('identities of third parties are linked and unlinked', async () => {
  const user = await newUser();
  const authData = { id: randomUUID(), token: 'any' };
  await user.linkWith('maker', { authData });
  assert.ok(user._isLinked('maker'));
  await Parse.User.logOut();
  const same = await Parse.User.logInWith('maker', { authData });
  assert.equal(same.id, user.id);
  await same._unlinkFrom('maker');
  await Parse.User.logOut();
  assert.notEqual((await Parse.User.logInWith('maker', { authData })).id, user.id);
});

test('an identity belongs to one user', async () => {
  const authData = { id: randomUUID() };
  await (await newUser()).linkWith('maker', { authData });
  const other = await newUser();
  await refused(other.linkWith('maker', { authData }), 208);
});

test('a provider that nobody configured is refused', async () => {
  await Parse.User.logOut();
  await refused(Parse.User.logInWith('nobodyKnows', { authData: { id: '1' } }), 252);
});

test('sessions are listed and ended', async () => {
  const user = await newUser();
  const phone = { username: user.getUsername(), password: 'right' };
  const { sessionToken } = await rest('POST', 'login', phone, { installationId: randomUUID() });
  const own = await new Parse.Query(Parse.Session).find({ sessionToken });
  assert.equal(own.length, 2);
  const current = await Parse.Session.current();
  assert.deepEqual([current.getSessionToken(), current.get('createdWith').action], [user.getSessionToken(), 'signup']);
  await own.find(one => one.id === current.id).destroy({ sessionToken });
  await refused(Parse.User.become(user.getSessionToken()), 209);
  await Parse.User.become(sessionToken);
});

test('a second login of the same installation ends the first', async () => {
  const user = await newUser();
  const old = user.getSessionToken();
  forget();
  await Parse.User.logIn(user.getUsername(), 'right');
  await refused(Parse.User.become(old), 209);
});

test('only the user and the master key change a user', async () => {
  const ann = await newUser();
  await newUser();
  const other = Parse.User.createWithoutData(ann.id);
  await assert.rejects(other.save({ nick: 'changed' }), error => [101, 119, 206].includes(error.code));
  await other.save({ nick: 'by master' }, master);
  assert.equal((await reread(ann, master)).get('nick'), 'by master');
});

test('loginAs is for the master key', async () => {
  const user = await newUser();
  await Parse.User.logOut();
  const as = await Parse.User.loginAs(user.id);
  assert.equal(as.id, user.id);
  assert.notEqual(as.getSessionToken(), user.getSessionToken());
});

test('a deleted user cannot go on', async () => {
  const user = await newUser();
  const token = user.getSessionToken();
  await user.destroy();
  await refused(Parse.User.become(token), 209);
});
