// An HLS player in a page, by hls.js; chromium.js has the recorder.
import Hls from 'hls.js';

window.play = (url) => new Promise((resolve, reject) => {
  const element = document.body.appendChild(new Audio());
  const hls = new Hls({ lowLatencyMode: true });
  window.player = { element, hls, parts: 0 };
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && reject(new Error(details)));
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { part }) => { if (part) window.player.parts += 1; });
  element.addEventListener('playing', () => {
    participant.tracks.push(record(element.captureStream()));
    Promise.all(participant.tracks).then(resolve, reject);
  }, { once: true });
  hls.loadSource(url);
  hls.attachMedia(element);
  element.play().catch(reject);
});

// Seconds since what is played now was mixed: the playlist's EXT-X-PROGRAM-DATE-TIME is the server's clock.
window.delay = () => (Date.now() - window.player.hls.playingDate.getTime()) / 1000;
