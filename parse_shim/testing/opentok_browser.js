/* A stand-in for OpenTok.js (the part that web clients use), for pages without the internet. It talks to the local
 * emulator over a WebSocket: sessions, connections, signals and streams are real, pictures are drawn.
 * Works with libraries of 2014 and with those of today, in browsers and in jsdom. */
(function (window) {
  'use strict';

  var document = window.document;
  var script = document.currentScript;
  var origin = script && script.src ? new window.URL(script.src, document.baseURI).origin : window.location.origin;
  var SOCKET = origin.replace(/^http/, 'ws') + '/_socket';
  var counter = 0;

  // -- events: on, once, off, with names or a map, and a context ------------------------------------------------------

  function Events() {}
  Events.prototype.on = function (names, handler, context) {
    each(names, handler, context, function (name, run, self) {
      list(this, name).push({ run: run, self: self });
    }, this);
    return this;
  };
  Events.prototype.once = function (names, handler, context) {
    each(names, handler, context, function (name, run, self) {
      var me = this;
      var wrapped = function () { me.off(name, wrapped); run.apply(this, arguments); };
      list(this, name).push({ run: wrapped, self: self });
    }, this);
    return this;
  };
  Events.prototype.off = function (names, handler, context) {
    if (names === undefined) { this._handlers = {}; return this; }
    each(names, handler, context, function (name, run, self) {
      this._handlers[name] = list(this, name).filter(function (one) {
        return (run && one.run !== run) || (self && one.self !== self);
      });
    }, this);
    return this;
  };
  Events.prototype.trigger = function (name, event) {
    var me = this;
    list(this, name).slice().forEach(function (one) {
      try { one.run.call(one.self || me, event); } catch (error) { report(error); }
    });
  };
  Events.prototype.addEventListener = Events.prototype.on;
  Events.prototype.removeEventListener = Events.prototype.off;

  function each(names, handler, context, work, me) {
    if (names && typeof names === 'object') {
      Object.keys(names).forEach(function (name) { work.call(me, name, names[name], handler); });
    } else {
      String(names).split(/\s+/).forEach(function (name) { work.call(me, name, handler, context); });
    }
  }
  function list(me, name) {
    me._handlers = me._handlers || {};
    return me._handlers[name] || (me._handlers[name] = []);
  }
  function report(error) { window.setTimeout(function () { throw error; }, 0); }
  function inherit(child) { child.prototype = Object.create(Events.prototype); child.prototype.constructor = child; }
  function event(type, target, more) {
    var made = { type: type, target: target, cancelable: true, preventDefault: function () { made.prevented = true; },
      isDefaultPrevented: function () { return !!made.prevented; } };
    Object.keys(more || {}).forEach(function (key) { made[key] = more[key]; });
    return made;
  }
  function problem(code, text) {
    var made = new Error(text);
    made.code = code; made.reason = text; made.name = code === 1004 ? 'OT_AUTHENTICATION_ERROR' : 'OT_ERROR';
    return made;
  }
  function call(done, error, value) { if (typeof done === 'function') { done(error || undefined, value); } }

  // -- what is in a session --------------------------------------------------------------------------------------------

  function Connection(shape) {
    this.connectionId = this.id = shape.id;
    this.creationTime = shape.createdAt;
    this.data = shape.data;
  }
  function Stream(shape, connection) {
    this.streamId = this.id = shape.id;
    this.connection = connection;
    this.creationTime = shape.createdAt;
    this.name = shape.name;
    this.videoType = shape.videoType;
    this.hasAudio = true;
    this.hasVideo = !!shape.videoType;
    this.videoDimensions = { width: 640, height: 480 };
  }

  // -- pictures --------------------------------------------------------------------------------------------------------

  function place(target, properties, kind, label) {
    var element = document.createElement('div');
    element.id = 'OT_' + kind + '_' + (++counter);
    element.className = 'OT_root OT_' + kind;
    element.setAttribute('role', 'img');
    element.setAttribute('aria-label', kind + ' video' + (label ? ': ' + label : ''));
    element.style.cssText = 'position:relative;overflow:hidden;background:#1b2430;width:' + size(properties.width, 264) +
      ';height:' + size(properties.height, 198);
    var home = typeof target === 'string' ? document.getElementById(target) : target;
    var mode = properties.insertMode || 'replace';
    if (home && mode === 'append') { home.appendChild(element); }
    else if (home && mode === 'before') { home.parentNode.insertBefore(element, home); }
    else if (home && mode === 'after') { home.parentNode.insertBefore(element, home.nextSibling); }
    else if (home) { if (home.id) { element.id = home.id; } home.parentNode.replaceChild(element, home); }
    else if (properties.insertDefaultUI !== false) { document.body.appendChild(element); }
    draw(element, label);
    return element;
  }
  function size(value, otherwise) {
    return value === undefined ? otherwise + 'px' : typeof value === 'number' ? value + 'px' : value;
  }
  function draw(element, label) {
    var canvas = document.createElement('canvas');
    canvas.width = 320; canvas.height = 240;
    canvas.style.cssText = 'width:100%;height:100%;display:block;object-fit:cover';
    element.appendChild(canvas);
    var pen = null;
    try { pen = /jsdom/i.test(window.navigator.userAgent) ? null : canvas.getContext('2d'); } catch (error) { pen = null; }
    if (!pen) { return; }
    var hue = 0;
    String(label || 'video').split('').forEach(function (letter) { hue = (hue * 31 + letter.charCodeAt(0)) % 360; });
    var still = window.matchMedia && window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    var frame = function (time) {
      if (!element.isConnected && time > 0) { return; }
      var turn = time / 900;
      pen.fillStyle = 'hsl(' + hue + ',45%,24%)'; pen.fillRect(0, 0, 320, 240);
      for (var n = 0; n < 5; n++) {
        pen.fillStyle = 'hsla(' + (hue + n * 24) + ',70%,60%,.35)';
        pen.beginPath();
        pen.arc(160 + 110 * Math.cos(turn + n * 1.3), 120 + 70 * Math.sin(turn * 1.2 + n), 38 + 8 * n, 0, 7);
        pen.fill();
      }
      pen.fillStyle = 'hsl(' + hue + ',50%,78%)';
      pen.beginPath(); pen.arc(160, 100, 42, 0, 7); pen.fill();
      pen.beginPath(); pen.arc(160, 235, 84, Math.PI, 0); pen.fill();
      pen.fillStyle = '#fff'; pen.font = '600 20px system-ui, sans-serif'; pen.textAlign = 'center';
      pen.fillText(String(label || '').slice(0, 24), 160, 226);
      if (!still) { window.requestAnimationFrame(frame); }
    };
    frame(0);
  }

  function Publisher(target, properties) {
    this.properties = properties || {};
    this.stream = null;
    this.session = null;
    this.element = place(target, this.properties, 'publisher', this.properties.name);
    this.id = this.element.id;
  }
  inherit(Publisher);
  Publisher.prototype.publishAudio = function (on) { if (this.stream) { this.stream.hasAudio = on; } return this; };
  Publisher.prototype.publishVideo = function (on) {
    if (this.stream) { this.stream.hasVideo = on; }
    this.element.style.visibility = on ? '' : 'hidden';
    return this;
  };
  Publisher.prototype.destroy = function () {
    if (this.session && this.stream) { this.session.unpublish(this); }
    remove(this.element);
    this.trigger('destroyed', event('destroyed', this));
    return this;
  };

  function Subscriber(session, stream, target, properties) {
    this.session = session;
    this.stream = stream;
    this.element = place(target, properties || {}, 'subscriber', stream.name || nameOf(stream.connection));
    this.id = this.element.id;
  }
  inherit(Subscriber);
  ['subscribeToAudio', 'subscribeToVideo', 'setAudioVolume', 'restrictFrameRate'].forEach(function (name) {
    Subscriber.prototype[name] = function () { return this; };
  });
  Subscriber.prototype.destroy = function () {
    remove(this.element);
    this.trigger('destroyed', event('destroyed', this));
    return this;
  };
  function remove(element) { if (element && element.parentNode) { element.parentNode.removeChild(element); } }
  function nameOf(connection) {
    try {
      var data = JSON.parse(connection.data);
      return data.name || data.side || '';
    } catch (error) { return ''; }
  }

  // -- sessions --------------------------------------------------------------------------------------------------------

  function Session(apiKey, sessionId) {
    this.apiKey = apiKey;
    this.sessionId = this.id = sessionId;
    this.connection = null;
    this.capabilities = { subscribe: 1, publish: 0, forceDisconnect: 0, forceUnpublish: 0 };
    this._clear();
  }
  inherit(Session);

  Session.prototype._clear = function () {
    this._connections = {};
    this._streams = {};
    this._subscribers = [];
    this._publishers = [];
    this._waiting = {};
    this._socket = null;
  };

  Session.prototype.isConnected = function () { return !!this.connection; };

  Session.prototype.connect = function (token, done) {
    if (typeof token !== 'string') { done = arguments[2] || done; token = arguments[1]; }
    var me = this;
    if (this._socket) { call(done, problem(1010, 'Already connecting')); return this; }
    var socket = this._socket = new window.WebSocket(SOCKET);
    var answered = false;
    var answer = function (error) { if (!answered) { answered = true; call(done, error); } };
    socket.onopen = function () {
      me._ask({ do: 'connect', token: token, sessionId: me.sessionId }, function (error) {
        if (error) { me._clear(); socket.close(1000); }
        answer(error);
      });
    };
    socket.onmessage = function (message) {
      if (socket === me._socket) { me._hear(JSON.parse(message.data)); }
    };
    socket.onclose = function () {
      answer(problem(1006, 'Connect failed'));
      if (socket === me._socket) { me._end('networkDisconnected'); }
    };
    return this;
  };

  Session.prototype.disconnect = function () {
    if (!this._socket) { return; }
    var socket = this._socket;
    try { socket.send(JSON.stringify({ do: 'disconnect' })); } catch (error) { /* not open yet */ }
    this._end('clientDisconnected');
    window.setTimeout(function () { socket.close(1000); }, 200);
  };

  Session.prototype.signal = function (signal, done) {
    if (!this.connection) { call(done, problem(1010, 'Not connected')); return; }
    var to = signal.to ? signal.to.connectionId || signal.to : '';
    this._ask({ do: 'signal', type: signal.type || '', data: signal.data === undefined ? '' : signal.data, to: to }, done);
  };

  Session.prototype.publish = function (publisher, properties, done) {
    if (typeof properties === 'function') { done = properties; properties = undefined; }
    if (!(publisher instanceof Publisher)) { publisher = new Publisher(publisher, properties); }
    if (!this.connection) { call(done, problem(1010, 'Not connected')); return publisher; }
    var me = this, video = publisher.properties.publishVideo !== false;
    var ask = { do: 'publish', name: publisher.properties.name || '', videoType: video ? 'camera' : '' };
    publisher.session = this;
    this._ask(ask, function (error, answer) {
      if (error) {
        publisher.trigger('accessDenied', event('accessDenied', publisher));
        call(done, error);
        return;
      }
      me._publishers.push(publisher);
      publisher.stream = new Stream(answer.stream, me.connection);
      publisher.trigger('streamCreated', event('streamCreated', publisher, { stream: publisher.stream }));
      call(done);
    });
    return publisher;
  };

  Session.prototype.unpublish = function (publisher) {
    if (publisher.stream) { this._ask({ do: 'unpublish', streamId: publisher.stream.streamId }); }
    this._publishers = this._publishers.filter(function (one) { return one !== publisher; });
    publisher.stream = null;
    remove(publisher.element);
  };

  Session.prototype.subscribe = function (stream, target, properties, done) {
    var subscriber = new Subscriber(this, stream, target, properties);
    this._subscribers.push(subscriber);
    window.setTimeout(function () { call(typeof properties === 'function' ? properties : done); }, 0);
    return subscriber;
  };

  Session.prototype.unsubscribe = function (subscriber) {
    this._subscribers = this._subscribers.filter(function (one) { return one !== subscriber; });
    subscriber.destroy();
  };

  Session.prototype.getSubscribersForStream = function (stream) {
    return this._subscribers.filter(function (one) { return one.stream.streamId === stream.streamId; });
  };

  Session.prototype._ask = function (message, done) {
    message.id = ++counter;
    this._waiting[message.id] = done;
    this._socket.send(JSON.stringify(message));
  };

  Session.prototype._hear = function (message) {
    var work = this['_on_' + message.event];
    if (work) { work.call(this, message); }
  };

  Session.prototype._reply = function (message, error) {
    var done = this._waiting[message.id];
    delete this._waiting[message.id];
    call(done, error, message);
  };
  Session.prototype._on_done = function (message) { this._reply(message); };
  Session.prototype._on_error = function (message) { this._reply(message, problem(message.code, message.text)); };

  Session.prototype._on_connected = function (message) {
    var me = this;
    this.connection = this._known(message.connection);
    this.capabilities.publish = message.role === 'subscriber' ? 0 : 1;
    this.trigger('sessionConnected', event('sessionConnected', this, { connections: [], streams: [] }));
    message.connections.forEach(function (shape) { me._on_connectionCreated({ connection: shape }); });
    message.streams.forEach(function (shape) { me._on_streamCreated({ stream: shape }); });
  };

  /* The same object each time: clients compare connections with ===. */
  Session.prototype._known = function (shape) {
    return this._connections[shape.id] || (this._connections[shape.id] = new Connection(shape));
  };

  Session.prototype._on_connectionCreated = function (message) {
    this.trigger('connectionCreated', event('connectionCreated', this, { connection: this._known(message.connection) }));
  };

  Session.prototype._on_connectionDestroyed = function (message) {
    var connection = this._known(message.connection);
    delete this._connections[connection.connectionId];
    this.trigger('connectionDestroyed',
      event('connectionDestroyed', this, { connection: connection, reason: message.reason }));
  };

  Session.prototype._on_streamCreated = function (message) {
    var connection = this._known(message.stream.connection);
    if (connection === this.connection) { return; }
    var stream = this._streams[message.stream.id] = new Stream(message.stream, connection);
    this.trigger('streamCreated', event('streamCreated', this, { stream: stream }));
  };

  Session.prototype._on_streamDestroyed = function (message) {
    var me = this, stream = this._streams[message.stream.id];
    if (!stream) { return; }
    delete this._streams[message.stream.id];
    var gone = event('streamDestroyed', this, { stream: stream, reason: message.reason });
    this.trigger('streamDestroyed', gone);
    if (!gone.prevented) { this.getSubscribersForStream(stream).forEach(function (one) { me.unsubscribe(one); }); }
  };

  Session.prototype._on_signal = function (message) {
    var from = message.from ? this._connections[message.from] || null : null;
    var more = { data: message.data, from: from };
    this.trigger('signal', event(message.type ? 'signal:' + message.type : 'signal', this, more));
    if (message.type) { this.trigger('signal:' + message.type, event('signal:' + message.type, this, more)); }
  };

  Session.prototype._on_disconnected = function (message) { this._end(message.reason); };

  Session.prototype._end = function (reason) {
    var connected = !!this.connection, subscribers = this._subscribers, publishers = this._publishers;
    this.connection = null;
    this._clear();
    if (!connected) { return; }
    var ended = event('sessionDisconnected', this, { reason: reason });
    this.trigger('sessionDisconnected', ended);
    if (!ended.prevented) {
      subscribers.forEach(function (one) { one.destroy(); });
      publishers.forEach(function (one) { one.session = null; one.stream = null; one.destroy(); });
    }
  };

  // -- what a page calls -----------------------------------------------------------------------------------------------

  window.OT = {
    initSession: function (apiKey, sessionId) { return new Session(apiKey, sessionId); },
    initPublisher: function (target, properties, done) {
      if (typeof properties === 'function') { done = properties; properties = {}; }
      var publisher = new Publisher(target, properties);
      window.setTimeout(function () {
        publisher.trigger('accessAllowed', event('accessAllowed', publisher));
        call(done);
      }, 0);
      return publisher;
    },
    checkSystemRequirements: function () { return 1; },
    getDevices: function (done) { call(done, undefined, []); },
    setLogLevel: function () {},
    log: function () {},
    on: function () {},
    off: function () {},
    Connection: Connection,
    Stream: Stream,
    Session: Session,
    Publisher: Publisher,
    Subscriber: Subscriber,
    properties: { version: 'emulator' }
  };
}(window));
