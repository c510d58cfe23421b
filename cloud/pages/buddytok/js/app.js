/* A small BuddyTok client of our own, for servers without the original's files. It speaks the original's protocol, so both
 * can meet: one presence session for all, signals for status and invitations, a session for each chat. */
(function () {
  'use strict';

  var OT = window.OT;
  var $ = function (id) { return document.getElementById(id); };
  var presence = null;   // the session where everybody is
  var buddies = {};      // connection id -> { connection, name, status }
  var invitations = [];  // { incoming, buddy, data }
  var chat = null;       // { session, with }
  var ENDING_SECONDS = 4;

  function request(method, path, body) {
    var options = { method: method, headers: { 'Content-Type': 'application/json' } };
    if (body) { options.body = JSON.stringify(body); }
    return fetch(path, options).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status === 503 ? 'The video service does not work now.' : 'The server answered ' + answer.status + '.'); }
      return answer.json();
    });
  }

  function complain(error) { $('alert').textContent = error.message || String(error); $('alert').hidden = false; }
  function hush() { $('alert').hidden = true; }
  function status() { return chat || invitations.some(function (one) { return !one.incoming; }) ? 'unavailable' : 'online'; }

  // -- presence ------------------------------------------------------------------------------------------------------

  request('GET', '/presence').then(function (found) {
    presence = OT.initSession(found.apiKey, found.sessionId);
    presence.on({
      sessionConnected: function () { $('who').textContent = 'Connected as ' + $('name').value; $('connect').hidden = true; $('list').hidden = false; },
      sessionDisconnected: function () { $('who').textContent = 'Not connected'; $('connect').hidden = false; $('list').hidden = true; },
      connectionCreated: function (event) { appear(event.connection); },
      connectionDestroyed: function (event) { vanish(event.connection); },
      signal: function (event) { if (event.from) { hear(event); } }
    });
    $('go').disabled = false;
  }).catch(complain);

  $('connect').addEventListener('submit', function (event) {
    event.preventDefault();
    hush();
    request('POST', '/users', { name: $('name').value }).then(function (answer) {
      presence.connect(answer.token, function (error) { if (error) { complain(error); } });
    }).catch(complain);
  });

  function appear(connection) {
    if (presence.connection && connection.connectionId === presence.connection.connectionId) { return; }
    var name = 'somebody';
    try { name = JSON.parse(connection.data).name; } catch (error) { return; }
    buddies[connection.connectionId] = { connection: connection, name: name, status: 'online' };
    send(presence.connection.connectionId + '~status', status(), connection);
    show();
  }

  function vanish(connection) {
    delete buddies[connection.connectionId];
    invitations = invitations.filter(function (one) { return one.buddy.connection !== connection; });
    show();
  }

  function send(type, data, to) {
    var signal = { type: type, data: data };
    if (to) { signal.to = to; }
    presence.signal(signal, function (error) { if (error) { complain(error); } });
  }

  function tellStatus() { send(presence.connection.connectionId + '~status', status()); }

  // -- invitations ---------------------------------------------------------------------------------------------------

  function hear(event) {
    var type = event.type.replace(/^signal:/, '');
    var buddy = buddies[event.from.connectionId];
    if (!buddy) { return; }
    if (/~status$/.test(type)) { buddy.status = event.data; }
    if (type === 'invitation') { invited(buddy, event.data); }
    if (type === 'cancelInvitation') { drop(function (one) { return one.incoming && one.data === event.data; }); }
    if (type === 'declineInvitation') { drop(function (one) { return !one.incoming && one.data === event.data; }); tellStatus(); }
    if (type === 'acceptInvitation') {
      invitations.filter(function (one) { return !one.incoming && one.data === event.data; }).forEach(function (one) {
        drop(function (other) { return other === one; });
        talk(one.buddy, JSON.parse(one.data), one.token);
      });
    }
    show();
  }

  function invited(buddy, data) {
    if (status() !== 'online') { send('declineInvitation', data, buddy.connection); return; }
    invitations.push({ incoming: true, buddy: buddy, data: data });
  }

  function drop(which) { invitations = invitations.filter(function (one) { return !which(one); }); }

  function invite(buddy) {
    hush();
    request('POST', '/chats', {}).then(function (made) {
      var data = JSON.stringify({ sessionId: made.sessionId, apiKey: made.apiKey });
      invitations.push({ incoming: false, buddy: buddy, data: data, token: made.token });
      send('invitation', data, buddy.connection);
      tellStatus();
      show();
    }).catch(complain);
  }

  function accept(invitation) {
    var others = invitations.filter(function (one) { return one.incoming && one !== invitation; });
    invitations = [];
    others.forEach(function (one) { send('declineInvitation', one.data, one.buddy.connection); });
    send('acceptInvitation', invitation.data, invitation.buddy.connection);
    var data = JSON.parse(invitation.data);
    request('GET', '/chats?sessionId=' + encodeURIComponent(data.sessionId)).then(function (answer) {
      talk(invitation.buddy, answer, answer.token);
    }).catch(complain);
    show();
  }

  function refuse(invitation) {
    drop(function (one) { return one === invitation; });
    send(invitation.incoming ? 'declineInvitation' : 'cancelInvitation', invitation.data, invitation.buddy.connection);
    tellStatus();
    show();
  }

  // -- chats ---------------------------------------------------------------------------------------------------------

  function talk(buddy, where, token) {
    var session = OT.initSession(where.apiKey, where.sessionId);
    var size = { insertMode: 'append', width: '100%', height: '100%', name: $('name').value };
    chat = { session: session, name: buddy.name };
    $('chat-heading').textContent = 'Chat with ' + buddy.name;
    $('remote').textContent = $('local').textContent = '';
    $('end').disabled = false;
    session.on({
      streamCreated: function (event) { session.subscribe(event.stream, $('remote'), size); },
      connectionDestroyed: function () { session.disconnect(); },
      sessionDisconnected: ended
    });
    session.connect(token, function (error) {
      if (error) { complain(error); ended(); return; }
      session.publish(OT.initPublisher($('local'), size), function (problem) { if (problem) { complain(problem); } });
    });
    tellStatus();
    show();
  }

  function ended() {
    if (!chat) { return; }
    $('chat-heading').textContent = 'Your chat with ' + chat.name + ' has ended';
    $('end').disabled = true;
    setTimeout(function () { chat = null; tellStatus(); show(); }, ENDING_SECONDS * 1000);
  }

  $('end').addEventListener('click', function () { if (chat) { chat.session.disconnect(); } });

  // -- showing -------------------------------------------------------------------------------------------------------

  function button(text, work, kind) {
    var made = document.createElement('button');
    made.type = 'button'; made.textContent = text; made.className = kind || '';
    made.addEventListener('click', work);
    return made;
  }

  function show() {
    var people = Object.keys(buddies).map(function (id) { return buddies[id]; });
    $('chat').hidden = !chat;
    $('alone').hidden = people.length > 0;
    $('buddies').replaceChildren.apply($('buddies'), people.map(function (buddy) {
      var item = document.createElement('li'), name = document.createElement('span');
      name.className = 'name'; name.textContent = buddy.name + (buddy.status === 'online' ? '' : ' (not available)');
      item.append(name);
      if (buddy.status === 'online') {
        var ask = button('Invite ' + buddy.name, function () { invite(buddy); });
        ask.disabled = status() !== 'online';
        item.append(ask);
      }
      return item;
    }));
    $('invitations').replaceChildren.apply($('invitations'), invitations.map(function (one) {
      var item = document.createElement('div'), text = document.createElement('span');
      item.className = 'invitation'; text.className = 'name';
      text.textContent = one.incoming ? one.buddy.name + ' has invited you to a chat' : 'Waiting for ' + one.buddy.name + ' to answer';
      item.append(text);
      if (one.incoming) { item.append(button('Accept', function () { accept(one); })); }
      item.append(button(one.incoming ? 'Decline' : 'Cancel', function () { refuse(one); }, 'plain'));
      return item;
    }));
  }
}());
