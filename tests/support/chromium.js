// One browser participant: joins by WHIP through `exchange` (a function of the test), records what it hears.
const RATE_HZ = 48000;

const RECORDER = `
registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([input]) {
    if (input.length) this.port.postMessage(input[0].slice());
    return true;
  }
});`;

const participant = { heard: [], heardSamples: 0, tracks: [], etag: null, location: '', waiting: [] };

async function microphone() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return navigator.mediaDevices.getUserMedia({ audio });
}

async function record(stream) {
  const element = new Audio();  // Chromium feeds WebAudio only from a remote stream that somebody plays
  element.srcObject = stream;
  element.play();
  const context = new AudioContext({ sampleRate: RATE_HZ });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' })));
  const recorder = new AudioWorkletNode(context, 'recorder', { numberOfOutputs: 0 });
  recorder.port.onmessage = ({ data }) => {
    participant.heard.push(data);
    participant.heardSamples += data.length;
    participant.waiting = participant.waiting.filter((look) => !look());
  };
  context.createMediaStreamSource(stream).connect(recorder);
  await context.resume();
  participant.context = context;
}

function gathered(pc) {
  return new Promise((resolve) => {
    const look = () => pc.iceGatheringState === 'complete' && resolve();
    pc.addEventListener('icegatheringstatechange', look);
    look();
  });
}

function connected(pc) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (pc.connectionState === 'connected') resolve();
      if (pc.connectionState === 'failed') reject(new Error('connection failed'));
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  });
}

function line(sdp, name) {
  return sdp.split(/\r?\n/).find((each) => each.startsWith(name));
}

function fragment(sdp, candidates) {
  const ice = ['a=ice-ufrag', 'a=ice-pwd'].map((name) => line(sdp, name));
  const lines = [...ice, 'm=audio 9 UDP/TLS/RTP/SAVPF 0', line(sdp, 'a=mid'), ...candidates];
  return lines.join('\r\n') + '\r\n';
}

async function request(method, headers, body) {
  const reply = await window.exchange(method, participant.location, headers, body);
  if (reply.status >= 300) throw new Error(`${method} ${reply.status} ${reply.body}`);
  if (reply.headers.etag) participant.etag = reply.headers.etag;
  return reply;
}

async function patch(candidates, ifMatch) {
  const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': ifMatch };
  return request('PATCH', headers, fragment(participant.pc.localDescription.sdp, candidates));
}

async function join({ trickle, codec, stripCandidates, iceServers, relayOnly, listen }) {
  const pc = participant.pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? 'relay' : 'all' });
  pc.ontrack = (event) => participant.tracks.push(record(new MediaStream([event.track])));
  if (listen) {
    pc.addTransceiver('audio', { direction: 'recvonly' });
  } else {
    const stream = await microphone();
    stream.getTracks().forEach((track) => pc.addTrack(track, stream));
  }
  if (codec) {
    const codecs = RTCRtpReceiver.getCapabilities('audio').codecs;
    const preferred = codecs.filter((each) => each.mimeType.toLowerCase() === `audio/${codec.toLowerCase()}`);
    pc.getTransceivers()[0].setCodecPreferences(preferred);
  }
  const offer = await pc.createOffer();
  const candidates = [];
  pc.onicecandidate = ({ candidate }) => candidates.push(candidate ? `a=${candidate.candidate}` : 'a=end-of-candidates');
  await pc.setLocalDescription(offer);
  if (!trickle) await gathered(pc);
  const sdp = (trickle ? offer : pc.localDescription).sdp;
  const offered = stripCandidates ? sdp.replace(/a=candidate.*\r\n/g, '') : sdp;
  const reply = await request('POST', { 'content-type': 'application/sdp' }, offered);
  participant.location = reply.headers.location;
  await pc.setRemoteDescription({ type: 'answer', sdp: reply.body });
  if (trickle) {
    await gathered(pc);
    await patch(candidates, participant.etag);
  }
  await connected(pc);
  await Promise.all(participant.tracks);
}

async function restartIce() {
  const pc = participant.pc;
  pc.restartIce();
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc);
  const candidates = pc.localDescription.sdp.split(/\r?\n/).filter((each) => each.startsWith('a=candidate'));
  const reply = await patch(candidates, '*');
  // Nothing but ICE is renegotiated (RFC 9725 section 4.3.3): put the new credentials into the old answer.
  let sdp = pc.currentRemoteDescription.sdp;
  for (const name of ['a=ice-ufrag', 'a=ice-pwd']) sdp = sdp.replace(line(sdp, name), line(reply.body, name));
  await pc.setRemoteDescription({ type: 'answer', sdp });
}

async function hear(seconds) {
  participant.heard = [];
  participant.heardSamples = 0;
  const samples = Math.round(seconds * RATE_HZ);
  await new Promise((resolve) => participant.waiting.push(() => participant.heardSamples >= samples && (resolve(), true)));
  const pcm = new Int16Array(samples);
  let position = 0;
  for (const block of participant.heard) {
    for (let i = 0; i < block.length && position < samples; i++, position++) {
      pcm[position] = Math.max(-1, Math.min(1, block[i])) * 32767;
    }
  }
  let binary = '';
  const bytes = new Uint8Array(pcm.buffer);
  for (let i = 0; i < bytes.length; i += 32768) binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(binary);
}

async function statistics() {
  const found = {};
  const all = await participant.pc.getStats();
  all.forEach((each) => {
    if (each.type === 'candidate-pair' && !each.nominated) return;
    found[each.type] = each;
  });
  const pair = all.get(found.transport?.selectedCandidatePairId);
  if (pair) {
    found['candidate-pair'] = pair;
    found['local-candidate'] = all.get(pair.localCandidateId);
    found['remote-candidate'] = all.get(pair.remoteCandidateId);
  }
  return found;
}

function mute(muted) {
  participant.pc.getSenders().forEach((sender) => { sender.track.enabled = !muted; });
}

// Speak 16-bit mono PCM (base64) instead of the microphone, from now on; resolves when it is said.
async function speak({ encoded, rateHz }) {
  const context = new AudioContext();
  const pcm = new Int16Array(Uint8Array.from(atob(encoded), (each) => each.charCodeAt(0)).buffer);
  const source = new AudioBufferSourceNode(context, { buffer: new AudioBuffer({ length: pcm.length, sampleRate: rateHz }) });
  source.buffer.getChannelData(0).set(Float32Array.from(pcm, (each) => each / 32768));
  const mouth = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  source.connect(mouth);
  await context.resume();
  await participant.pc.getSenders()[0].replaceTrack(mouth.stream.getAudioTracks()[0]);
  const said = new Promise((resolve) => { source.onended = resolve; });
  source.start();
  await said;
}

async function press(digits) {
  const { dtmf } = participant.pc.getSenders()[0];
  const done = new Promise((resolve) => { dtmf.ontonechange = ({ tone }) => tone || resolve(); });
  dtmf.insertDTMF(digits);
  await done;
}

function leave() {
  participant.pc.close();
}
