// The peer: parse-server with its defaults, in as many processes as asked. node server.js PORT MONGO_URI WORKERS
'use strict';
const cluster = require('node:cluster');
const [port, databaseURI, workers] = process.argv.slice(2);

async function serve() {
  const express = require('express');
  const { ParseServer } = require('parse-server');
  const server = new ParseServer({
    databaseURI,
    appId: 'bench',
    masterKey: 'bench-master',
    serverURL: `http://127.0.0.1:${port}/parse`,
    allowClientClassCreation: true,
    allowCustomObjectId: true,
    maxLimit: 100000,
    cloud: `${__dirname}/cloud.js`,
  });
  await server.start();
  const app = express();
  app.use('/parse', server.app);
  app.listen(Number(port), '127.0.0.1');
}

if (Number(workers) > 1 && cluster.isPrimary) {
  for (let i = 0; i < Number(workers); i++) cluster.fork();
} else {
  serve().catch(error => {
    console.error(error);
    process.exit(1);
  });
}
