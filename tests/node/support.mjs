// The SDK, set up from the environment: PARSE_URL, PARSE_APP_ID, PARSE_MASTER_KEY.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

const Parse = createRequire(import.meta.url)('parse/node');
Parse.initialize(process.env.PARSE_APP_ID, undefined, process.env.PARSE_MASTER_KEY);
Parse.serverURL = process.env.PARSE_URL;
Parse.User.enableUnsafeCurrentUser();

export { Parse, assert };
export const master = { useMasterKey: true };

/** A name that no other test uses: `Thing` -> `Thingk3x9a1b2`. */
export const fresh = word => word + randomUUID().replaceAll('-', '').slice(0, 8);

/** The promise is rejected with this Parse code; the error, for its text. */
export async function refused(promise, code) {
  const error = await promise.then(
    value => assert.fail(`expected error ${code}, got ${JSON.stringify(value)}`),
    found => found
  );
  assert.equal(error.code, code, String(error.stack ?? error));
  return error;
}

/** A new object of a new class or of `className`, saved. */
export async function saved(className, fields) {
  const object = new Parse.Object(className);
  await object.save(fields);
  return object;
}

/** A request through the SDK's own transport, for what its classes refuse to send. */
export const rest = (method, path, body = {}, options = {}) =>
  Parse.CoreManager.getRESTController().request(method, path, body, options);

/** The object as the server has it now. */
export const reread = (object, options) => new Parse.Query(object.className).get(object.id, options);

/** Nobody is logged in here any more; the session goes on, which `logOut` would end. */
export function forget() {
  Parse.User._clearCache();
  Parse.Storage._clear();
}

/** A new user who is logged in. Earlier sessions go on. */
export async function newUser(fields = {}) {
  forget();
  const user = new Parse.User();
  return user.signUp({ username: fresh('user'), password: 'right', ...fields });
}

export const sleep = ms => new Promise(done => setTimeout(done, ms));

/** Waits until `look` gives something true; at most ten seconds. */
export async function eventually(look) {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look();
    if (found) return found;
    await sleep(50);
  }
  assert.fail('it did not happen within ten seconds');
}
