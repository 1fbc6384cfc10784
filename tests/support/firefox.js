// What differs from chromium.js in Firefox; loaded after it. Without a sound card Firefox runs no AudioContext, but a MediaRecorder.
async function record(stream) {
  participant.stream = stream;
}

// The next `seconds` of a stream in a container with Opus, base64.
async function recording(stream, seconds) {
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 256_000 });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve, reject) => { recorder.onstop = resolve; recorder.onerror = reject; });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let binary = '';
  for (let i = 0; i < bytes.length; i += 32768) binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(binary);
}

async function hear(seconds) {
  return recording(participant.stream, seconds);
}

// Firefox has no statistics of transports: the same facts, under Chromium's names, from its objects and descriptions.
async function statistics() {
  const { pc } = participant;
  return {
    transport: {
      dtlsState: pc.getSenders()[0].transport.state,
      remoteCertificateId: line(pc.remoteDescription.sdp, 'a=fingerprint'),
      iceLocalUsernameFragment: line(pc.localDescription.sdp, 'a=ice-ufrag'),
    },
  };
}
