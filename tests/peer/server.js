// The reference server for comparisons: node server.js PORT DATABASE_URI
'use strict';
const express = require('express');
const { ParseServer } = require('parse-server');

const [port, databaseURI] = process.argv.slice(2);
const everywhere = ['0.0.0.0/0', '::/0'];

async function main() {
  const server = new ParseServer({
    databaseURI,
    databaseOptions: { enableSchemaHooks: true },
    appId: 'app',
    masterKey: 'master',
    masterKeyIps: everywhere,
    serverURL: `http://127.0.0.1:${port}/parse`,
    allowClientClassCreation: true,
    fileUpload: { enableForPublic: true },
    logLevel: 'error',
    silent: true,
    logsFolder: null,
  });
  await server.start();
  const app = express();
  app.use('/parse', server.app);
  app.listen(Number(port), '127.0.0.1', () => console.log('listening'));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
