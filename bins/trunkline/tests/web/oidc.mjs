// Signing in at a real OpenID provider (oidc-provider) on this machine, as its owner does, and as others try to. Run by
// scripts/oidc; TRUNKLINE names the server's program, which runs here as a sandbox of its own.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import Provider from 'oidc-provider';

const CLIENT = { client_id: 'trunkline', client_secret: 'a secret / of the tests' };
const ACCOUNT = 'ann|1';
const WANTED = '/dashboard/settings/sessions';
const CALLBACK = '/sign-in/oidc/callback';

// The provider warns of keys and stores that are none for production.
console.warn = console.info = () => {};

let folder, sandbox, server;
const providers = [];

// A browser: it keeps cookies by host, not by port, and follows nothing by itself.
class Browser {
  cookies = new Map();

  async get(url, headers = {}) {
    const { hostname } = new URL(url);
    const kept = this.cookies.get(hostname) ?? new Map();
    this.cookies.set(hostname, kept);
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await ask(url, cookie ? { cookie, ...headers } : headers);
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair, ...attributes] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const isGone = attributes.some((attribute) => /^ *(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute));
      if (isGone || value === '') kept.delete(name);
      else kept.set(name, value);
    }
    return answer;
  }

  session() {
    return this.cookies.get('127.0.0.1')?.get('trunkline');
  }

  // Where the provider is asked who this is.
  async begin(headers = {}) {
    const query = new URLSearchParams({ next: WANTED });
    const answer = await this.get(`${server}/sign-in/oidc?${query}`, headers);
    return answer.headers.location;
  }

  // Signs in there, and answers where it sends the browser.
  async authorize(url) {
    for (let steps = 0; steps < 10; steps++) {
      const answer = await this.get(url);
      assert.ok(answer.headers.location, `the provider answers ${answer.status}: ${answer.body.slice(0, 500)}`);
      url = new URL(answer.headers.location, url).href;
      if (url.startsWith(server)) return url;
    }
    throw new Error('the provider sends the browser in circles');
  }

  async callback() {
    return this.authorize(await this.begin());
  }

  async isSignedIn() {
    const answer = await this.get(`${server}${WANTED}`);
    if (answer.status === 200) return true;
    assert.equal(answer.status, 303);
    return false;
  }
}

function ask(url, headers) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers, family: 4 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part) => { body += part; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    request.on('error', reject);
  });
}

async function listen() {
  const listener = http.createServer();
  await new Promise((resolve) => { listener.listen(0, '127.0.0.1', resolve); });
  return { listener, issuer: `http://localhost:${listener.address().port}` };
}

// A provider at which everybody is ACCOUNT, and has agreed to everything.
function provide({ listener, issuer }) {
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [`${server}${CALLBACK}`] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['for the tests'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: 'ann@example.com', email_verified: true }),
    }),
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next();
    const result = { login: { accountId: ACCOUNT } };
    context.redirect(await provider.interactionResult(context.req, context.res, result));
  });
  listener.on('request', provider.callback());
}

function trunkline(...parameters) {
  const env = { DATABASE_URL: `sqlite:${join(folder, 'trunkline.db')}`, PUBLIC_URL: server };
  return execFileSync(process.env.TRUNKLINE, parameters, { env, cwd: folder, encoding: 'utf8' });
}

const sessions = () => trunkline('user', 'sessions', '--subject', ACCOUNT);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trunkline-oidc-'));
  providers.push(await listen(), await listen());
  const env = {
    LOG: 'error,trunkline::command::serve=info',
    OIDC_ISSUER: providers[0].issuer, OIDC_CLIENT_ID: CLIENT.client_id, OIDC_CLIENT_SECRET: CLIENT.client_secret,
  };
  const parameters = ['sandbox', '--data', folder, '--listen', '127.0.0.1:0'];
  sandbox = spawn(process.env.TRUNKLINE, parameters, { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: sandbox.stdout })) {
    const found = line.match(/^Trunkline sandbox: (http:\S+)/);
    if (!found) continue;
    server = found[1];
    break;
  }
  assert.ok(server, 'the sandbox did not start');
  sandbox.stdout.resume();
  providers.forEach(provide);
  trunkline('user', 'create', '--user', 'ann', '--subject', ACCOUNT);
});

after(() => {
  sandbox?.kill();
  for (const { listener } of providers) { listener.close(); listener.closeAllConnections(); }
  if (folder) rmSync(folder, { recursive: true, force: true });
});

// What nobody may come in by: an answer that says so, no cookie, and no session in the database.
async function refused(browser, url) {
  const before = sessions();
  const answer = await browser.get(url);
  assert.equal(answer.status, 401, answer.body);
  assert.match(answer.body, /role="alert"/);
  assert.equal(browser.session(), undefined);
  assert.equal(await browser.isSignedIn(), false);
  assert.equal(sessions(), before);
  return answer;
}

function changed(url, name, value) {
  const other = new URL(url);
  if (value === undefined) other.searchParams.delete(name);
  else other.searchParams.set(name, value);
  return other.href;
}

test('whoever the provider knows is signed in, and is where they were going', async () => {
  const browser = new Browser();
  const answer = await browser.get(await browser.callback());
  assert.equal(answer.status, 303, answer.body);
  assert.equal(answer.headers.location, WANTED);
  const cookie = answer.headers['set-cookie'].find((line) => line.startsWith('trunkline='));
  assert.match(cookie, /; HttpOnly/);
  assert.match(cookie, /; SameSite=Lax/);
  assert.equal(await browser.isSignedIn(), true);
});

test('a wrong state is refused', async () => {
  const browser = new Browser();
  await refused(browser, changed(await browser.callback(), 'state', 'A'.repeat(43)));
  await refused(browser, changed(await browser.callback(), 'state', undefined));
});

test('the state of another sign-in is refused', async () => {
  const [browser, other] = [new Browser(), new Browser()];
  const theirs = new URL(await other.begin()).searchParams.get('state');
  await refused(browser, changed(await browser.callback(), 'state', theirs));
});

test('a wrong nonce is refused', async () => {
  const browser = new Browser();
  await refused(browser, await browser.authorize(changed(await browser.begin(), 'nonce', 'another')));
});

test('another issuer is refused, and one that is not named', async () => {
  const browser = new Browser();
  await refused(browser, changed(await browser.callback(), 'iss', providers[1].issuer));
  await refused(browser, changed(await browser.callback(), 'iss', undefined));
});

test('a code of another provider is refused, whoever it says it is of', async () => {
  const browser = new Browser();
  const other = (url) => url.replace(providers[0].issuer, providers[1].issuer);
  await refused(browser, await browser.authorize(other(await browser.begin())));
  const callback = await browser.authorize(other(await browser.begin()));
  await refused(browser, changed(callback, 'iss', providers[0].issuer));
});

test('a code is good once', async () => {
  const browser = new Browser();
  const callback = await browser.callback();
  assert.equal((await browser.get(callback)).status, 303);
  const code = new URL(callback).searchParams.get('code');
  // The same answer again, in the browser that has had it, once it has signed out.
  browser.cookies.get('127.0.0.1').delete('trunkline');
  await refused(browser, callback);
  // The same code in a sign-in that was begun for it.
  await refused(browser, changed(await browser.callback(), 'code', code));
});

test('a code that was caught before it was used is refused in a sign-in of the thief', async () => {
  const [victim, thief] = [new Browser(), new Browser()];
  const code = new URL(await victim.callback()).searchParams.get('code');
  await refused(thief, changed(await thief.callback(), 'code', code));
});

test('an answer is refused in another browser, which has begun nothing or something else', async () => {
  const [attacker, victim] = [new Browser(), new Browser()];
  await refused(victim, await attacker.callback());
  await victim.begin();
  await refused(victim, await attacker.callback());
});

test('a session that was slipped in before is not taken over', async () => {
  const [attacker, victim] = [new Browser(), new Browser()];
  assert.equal((await attacker.get(await attacker.callback())).status, 303);
  const callback = await victim.callback();
  victim.cookies.get('127.0.0.1').set('trunkline', attacker.session());
  assert.equal((await victim.get(callback)).status, 303);
  assert.notEqual(victim.session(), attacker.session());
  assert.equal(await victim.isSignedIn(), true);
  assert.equal(await attacker.isSignedIn(), false);
});

test('another site signs nobody in', async () => {
  for (const site of ['cross-site', 'same-site']) {
    const browser = new Browser();
    const answer = await browser.get(`${server}/sign-in/oidc?next=${WANTED}`, { 'sec-fetch-site': site });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['set-cookie'], undefined);
    // The page asks, and remembers where they were going.
    assert.ok(answer.body.includes(`href="/sign-in/oidc?next=${encodeURIComponent(WANTED)}"`), answer.body);
  }
  for (const site of ['same-origin', 'none']) {
    const begun = await new Browser().begin({ 'sec-fetch-site': site });
    assert.ok(begun.startsWith(providers[0].issuer), begun);
  }
});

test('a sign-in that fails keeps where its owner was going', async () => {
  const browser = new Browser();
  const answer = await refused(browser, changed(await browser.callback(), 'state', 'A'.repeat(43)));
  assert.ok(answer.body.includes(`name="next" value="${WANTED}"`), answer.body);
});
