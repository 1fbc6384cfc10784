// One SIP phone in a page, by JsSIP or by SIP.js, with the same functions; chromium.js has microphone and recorder.
import JsSIP from 'jssip';
import { Inviter, Registerer, RegistererState, SessionState, UserAgent, Web } from 'sip.js';

const MEDIA = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: false };

function follow(pc) {
  participant.pc = pc;
  participant.tracks = [];
  pc.addEventListener('track', ({ track }) => {
    // After a hold the same track comes again.
    if (!participant.tracks.length) participant.tracks.push(record(new MediaStream([track])));
  });
}

async function heardFrom(pc) {
  await connected(pc);
  await Promise.all(participant.tracks);
}

const once = (emitter, good, bad) => new Promise((resolve, reject) => {
  emitter.on(good, resolve);
  bad.forEach((name) => emitter.on(name, (event) => reject(new Error(`${name}: ${event.cause || ''}`))));
});

class Phone {
  // Hold the call and make a second one; transferToConsulted() connects both far ends.
  async consult(target) {
    await this.hold(true);
    await participant.context?.close(); // the test hears the second call from now on; Firefox has no context
    const { session, ended } = this;
    await this.call(target);
    this.consulted = this.session;
    Object.assign(this, { session, ended });
  }
}

class JsSipPhone extends Phone {
  async start({ url, uri, password, realm }) {
    const socket = new JsSIP.WebSocketInterface(url);
    this.ua = new JsSIP.UA({ sockets: [socket], uri, password, realm, register: true, session_timers: false });
    this.ringing = new Promise((resolve) => this.ua.on('newRTCSession', ({ session, originator }) => {
      if (originator === 'remote') resolve(session);
    }));
    const registered = once(this.ua, 'registered', ['registrationFailed', 'disconnected']);
    this.ua.start();
    await registered;
  }

  take(session) {
    this.session = session;
    this.ended = new Promise((resolve) => { session.on('ended', resolve); session.on('failed', resolve); });
  }

  async call(target) {
    this.take(this.ua.call(target, { mediaConstraints: MEDIA }));
    const accepted = once(this.session, 'confirmed', ['failed']);
    follow(this.session.connection);
    await accepted;
    await heardFrom(this.session.connection);
  }

  async answer() {
    this.take(await this.ringing);
    const confirmed = once(this.session, 'confirmed', ['failed']);
    this.session.on('peerconnection', ({ peerconnection }) => follow(peerconnection));
    this.session.answer({ mediaConstraints: MEDIA });
    await confirmed;
    await heardFrom(this.session.connection);
  }

  async hold(on) {
    await new Promise((resolve, reject) => {
      const held = on ? this.session.hold({}, resolve) : this.session.unhold({}, resolve);
      if (!held) reject(new Error('the call cannot be held now'));
    });
  }

  async restartIce() {
    await new Promise((resolve) => this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, resolve));
  }

  async info(digit) {
    const sent = new Promise((resolve) => this.session.on('newDTMF', resolve));
    this.session.sendDTMF(digit, { transportType: 'INFO' });
    await sent;
  }

  async transfer(target, replaces) {
    await new Promise((resolve, reject) => this.session.refer(target, {
      replaces,
      eventHandlers: { requestSucceeded: resolve, requestFailed: ({ cause }) => reject(new Error(cause)) },
    }));
  }

  async transferToConsulted() {
    await this.transfer(this.consulted.remote_identity.uri.toString(), this.consulted);
  }

  async hangUp() {
    this.session.terminate();
    await this.ended;
  }

  async stop() {
    const gone = once(this.ua, 'disconnected', []);
    this.ua.stop();
    await gone;
  }
}

class SipJsPhone extends Phone {
  async start({ url, uri, password, user }) {
    this.ringing = new Promise((resolve) => {
      this.ua = new UserAgent({
        uri: UserAgent.makeURI(uri),
        transportOptions: { server: url },
        authorizationUsername: user,
        authorizationPassword: password,
        delegate: { onInvite: resolve },
        sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 1000 },
      });
    });
    await this.ua.start();
    this.registerer = new Registerer(this.ua);
    const registered = new Promise((resolve, reject) => this.registerer.stateChange.addListener((state) => {
      (state === RegistererState.Registered ? resolve : reject)(new Error(state));
    }));
    await this.registerer.register();
    await registered;
  }

  take(session) {
    this.session = session;
    session.delegate = { onSessionDescriptionHandler: (handler) => follow(handler.peerConnection) };
    this.ended = this.reached(SessionState.Terminated);
    return this.reached(SessionState.Established);
  }

  reached(wanted) {
    const { session } = this;
    return new Promise((resolve) => session.stateChange.addListener((state) => state === wanted && resolve()));
  }

  async call(target) {
    const options = { sessionDescriptionHandlerOptions: { constraints: MEDIA } };
    const established = this.take(new Inviter(this.ua, UserAgent.makeURI(target), options));
    await this.session.invite();
    await established;
    await heardFrom(participant.pc);
  }

  async answer() {
    const established = this.take(await this.ringing);
    await this.session.accept({ sessionDescriptionHandlerOptions: { constraints: MEDIA } });
    await established;
    await heardFrom(participant.pc);
  }

  async hold(on) {
    await new Promise((resolve, reject) => this.session.invite({
      sessionDescriptionHandlerModifiers: on ? [Web.holdModifier] : [],
      requestDelegate: { onAccept: resolve, onReject: ({ message }) => reject(new Error(message.statusCode)) },
    }));
  }

  async restartIce() {
    await new Promise((resolve, reject) => this.session.invite({
      sessionDescriptionHandlerOptions: { offerOptions: { iceRestart: true } },
      requestDelegate: { onAccept: resolve, onReject: ({ message }) => reject(new Error(message.statusCode)) },
    }));
  }

  async info(digit) {
    const body = {
      contentDisposition: 'render',
      contentType: 'application/dtmf-relay',
      content: `Signal=${digit}\r\nDuration=160`,
    };
    await new Promise((resolve, reject) => this.session.info({
      requestOptions: { body }, requestDelegate: { onAccept: resolve, onReject: reject },
    }));
  }

  async transfer(target) {
    await this.refer(UserAgent.makeURI(target));
  }

  async transferToConsulted() {
    await this.refer(this.consulted);
  }

  async refer(target) {
    await new Promise((resolve, reject) => this.session.refer(target, {
      requestDelegate: { onAccept: resolve, onReject: ({ message }) => reject(new Error(message.statusCode)) },
    }));
  }

  async hangUp() {
    await this.session.bye();
    await this.ended;
  }

  async stop() {
    await this.ua.stop();
  }
}

window.phones = { jssip: new JsSipPhone(), 'sip.js': new SipJsPhone() };
