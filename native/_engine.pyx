# cython: boundscheck=False, wraparound=False, auto_pickle=False
"""The native engine: handles that check their state and make one C call per method.

The engine owns all objects; a handle is valid until it or the engine is closed.
The GIL serialises the calls of the control thread, so only calls that may take long
(ticks, closing) release it.
"""

import numpy as np

from libc.string cimport memcpy, memset, strlen

from engine cimport *

from mixminus.errors import Conflict, InvalidArgument
from mixminus.mixer.errors import REFUSALS as _REFUSALS, PortClosed

_CODECS = {
    "PCMU": MM_CODEC_PCMU,
    "PCMA": MM_CODEC_PCMA,
    "G722": MM_CODEC_G722,
    "opus": MM_CODEC_OPUS,
    "L16": MM_CODEC_L16,
}

_PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": MM_SRTP_AES_CM_128_HMAC_SHA1_80,
    "AEAD_AES_128_GCM": MM_SRTP_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": MM_SRTP_AEAD_AES_256_GCM,
    "AES_CM_128_HMAC_SHA1_32": MM_SRTP_AES_CM_128_HMAC_SHA1_32,
    "AES_256_CM_HMAC_SHA1_80": MM_SRTP_AES_256_CM_HMAC_SHA1_80,
    "AES_256_CM_HMAC_SHA1_32": MM_SRTP_AES_256_CM_HMAC_SHA1_32,
}


cdef int check(int rc) except -1:
    """Return a result, or raise the error that a negative one means."""
    if rc >= 0:
        return rc
    kind, why = _REFUSALS.get(-rc, (OSError, f"the engine refused the call with {-rc}"))
    raise kind(why)


cdef dict counters_of(const mm_counters *counters):
    return {
        mm_counter_names[i].decode("ascii"): mm_counter_value(counters, i)
        for i in range(mm_counter_count)
    }


cdef tuple address_of(const mm_address *address):
    cdef char host[MM_HOST_BYTES]
    cdef uint16_t port = mm_address_format(address, host)
    return host.decode("ascii"), port


cdef int fill_address(mm_address *to, object address) except -1:
    """Parse an address into `to`; None leaves it empty (not known)."""
    if address is not None:
        check(mm_address_parse(to, address[0].encode("ascii"), address[1]))
    return 0


cdef int fill_format(mm_codec_format *to, object described) except -1:
    to.id = _CODECS[described.codec]
    to.clock_rate_hz = described.clock_rate_hz
    to.sample_rate_hz = described.sample_rate_hz
    to.ptime_ms = described.ptime_ms
    to.bitrate_bps = described.bitrate_bps
    to.payload_type = described.payload_type
    to.channels = described.channels
    to.complexity = described.complexity
    to.loss_percent = described.loss_percent
    to.fec = described.fec
    return 0


cdef int fill_key(mm_srtp_key *to, bytes key, bytes mki) except -1:
    if len(mki) > MM_SRTP_MAX_MKI_BYTES:
        raise InvalidArgument("an MKI is too long")
    memcpy(to.bytes, <const uint8_t *><const char *>key, len(key))
    memcpy(to.mki, <const uint8_t *><const char *>mki, len(mki))
    to.mki_bytes = len(mki)
    return 0


cdef int fill_keys(mm_media *to, object keys) except -1:
    if keys is None:
        return 0
    if not 0 < len(keys.rx_key) == len(keys.tx_key) <= MM_SRTP_MAX_KEY_BYTES:
        raise InvalidArgument("SRTP keys have the wrong length")
    to.profile = _PROFILES[keys.profile]
    to.key_bytes = len(keys.rx_key)
    fill_key(&to.rx_key, keys.rx_key, keys.rx_mki)
    fill_key(&to.tx_key, keys.tx_key, keys.tx_mki)
    return 0


cdef int fill_media(mm_media *to, object media) except -1:
    if not 0 < len(media.receive) <= MM_RECEIVER_MAX_FORMATS:
        raise InvalidArgument(f"a port receives 1 to {MM_RECEIVER_MAX_FORMATS} formats")
    memset(to, 0, sizeof(mm_media))
    to.receive.nformats = len(media.receive)
    for i, described in enumerate(media.receive):
        fill_format(&to.receive.formats[i], described)
    fill_format(&to.send, media.send)
    to.receive.dtmf_payload_type = media.dtmf_payload_type or 0
    to.receive.dtmf_clock_rate_hz = media.dtmf_clock_rate_hz
    to.receive.level_extension_id = media.level_extension_id or 0
    to.receive.max_delay_ms = media.max_delay_ms
    to.sends = media.direction.sends
    to.receives = media.direction.receives
    to.rtcp_mux = media.rtcp_mux
    to.ssrc_chosen = media.ssrc is not None
    to.ssrc = media.ssrc or 0
    fill_address(&to.remote, media.remote)
    fill_address(&to.remote_rtcp, media.remote_rtcp)
    for i, host in enumerate(media.signalling_hosts[:MM_LATCH_HOSTS]):
        fill_address(&to.latch_rule.hosts[i], (host, 0))
        to.latch_rule.nhosts = i + 1
    to.latch_rule.opens = media.opens_to_any_host
    to.media_timeout_ms = media.media_timeout_ms
    return fill_keys(to, media.srtp)


cdef class Engine:
    """Owner of all other objects; closing it closes them."""

    cdef mm_engine *ptr

    def __init__(self, config, str opus_path, str srtp_path, str rnnoise_path=""):
        cdef mm_engine_config native
        host = config.rtp_host.encode("ascii")
        if self.ptr != NULL or len(host) >= MM_HOST_BYTES:
            raise InvalidArgument("rtp_host must be a numeric IPv4 or IPv6 address")
        memset(&native, 0, sizeof(native))
        native.shards = config.shards
        native.ptime_ms = config.ptime_ms
        native.media_timeout_ms = config.media_timeout_ms
        memcpy(native.rtp_host, <const char *>host, strlen(host))
        native.rtp_port_min = config.rtp_port_min
        native.rtp_port_max = config.rtp_port_max
        native.manual = config.manual
        native.realtime = config.realtime
        rnnoise = rnnoise_path.encode()
        native.rnnoise_path = rnnoise
        check(mm_engine_open(&self.ptr, &native, opus_path.encode(), srtp_path.encode()))

    def __dealloc__(self):
        if self.ptr != NULL:
            with nogil:
                mm_engine_close(self.ptr)

    cdef mm_engine *live(self) except NULL:
        if self.ptr == NULL:
            raise PortClosed("the engine is closed")
        return self.ptr

    def start(self):
        check(mm_engine_start(self.live()))

    def close(self):
        cdef mm_engine *closing = self.ptr
        self.ptr = NULL
        if closing != NULL:
            with nogil:
                mm_engine_close(closing)

    def fileno(self):
        return -1 if self.ptr == NULL else self.ptr.wake_fd

    def events(self):
        cdef mm_event event
        cdef list events = []
        if self.ptr == NULL:
            return events
        mm_engine_begin_events(self.ptr)
        while mm_engine_next_event(self.ptr, &event):
            host, port = address_of(&event.remote) if event.type == MM_EVENT_REMOTE_CHANGED else ("", 0)
            digit = chr(event.digit.digit) if event.type == MM_EVENT_DIGIT_RECEIVED else ""
            events.append((
                mm_event_name(event.type).decode("ascii"), event.port_id, event.at_us,
                host, port, digit, event.digit.duration_ms,
            ))
        return events

    def tick(self, uint32_t count):
        cdef mm_engine *engine = self.live()
        cdef int rc
        with nogil:
            rc = mm_engine_tick(engine, count)
        check(rc)

    def counters(self):
        cdef mm_counters sums
        mm_engine_counters(self.live(), &sums)
        return counters_of(&sums)

    def tick_lateness_us(self):
        cdef mm_lateness_summary summary
        mm_engine_lateness(self.live(), &summary)
        return {"p50": summary.p50_us, "p99": summary.p99_us, "max": summary.max_us, "ticks": summary.ticks}

    def load(self):
        return mm_engine_load_permille(self.live()) / 1000.0, mm_engine_shed(self.live())

    def open_bridge(self, uint32_t max_talkers):
        cdef Bridge bridge = Bridge.__new__(Bridge)
        check(mm_engine_open_bridge(self.live(), max_talkers, &bridge.ptr))
        bridge.engine = self
        return bridge

    def open_rtp_port(self):
        cdef mm_rtp_port *opened = NULL
        check(mm_engine_open_rtp_port(self.live(), &opened))
        return RtpPort.of(self, opened)

    def open_pcm_port(self, uint32_t sample_rate_hz):
        cdef PcmPort port = PcmPort.__new__(PcmPort)
        check(mm_engine_open_pcm_port(self.live(), sample_rate_hz, &port.pcm))
        port.ptr = &port.pcm.port
        port.engine = self
        port.id = port.ptr.id
        return port

    def open_encoded_port(self, described):
        cdef EncodedPort port = EncodedPort.__new__(EncodedPort)
        cdef mm_codec_format format
        memset(&format, 0, sizeof(format))
        fill_format(&format, described)
        check(mm_engine_open_encoded_port(self.live(), &format, &port.encoded))
        port.ptr = &port.encoded.port
        port.engine = self
        port.id = port.ptr.id
        return port

    def open_playout(self, uint32_t sample_rate_hz, uint32_t seconds):
        cdef Playout playout = Playout.__new__(Playout)
        check(mm_engine_open_playout(self.live(), sample_rate_hz, seconds, &playout.ptr))
        playout.engine = self
        return playout

    def open_trunk(self, str host, uint16_t port, uint32_t shard, uint32_t lanes):
        cdef Trunk trunk = Trunk.__new__(Trunk)
        check(mm_engine_open_trunk(self.live(), host.encode("ascii"), port, shard, lanes, &trunk.ptr))
        trunk.engine = self
        trunk.port = trunk.ptr.local_port
        return trunk

    def open_mux(self, str host, uint16_t port):
        cdef Mux mux = Mux.__new__(Mux)
        check(mm_engine_open_mux(self.live(), host.encode("ascii"), port, &mux.ptr))
        mux.engine = self
        mux.port = mux.ptr.local_port
        return mux


cdef class Port:
    """A participant's place on a bridge."""

    cdef mm_port *ptr
    cdef Engine engine
    cdef readonly uint32_t id

    cdef mm_port *live(self) except NULL:
        if self.ptr == NULL or self.engine.ptr == NULL:
            raise PortClosed("the port is closed")
        return self.ptr

    def join(self, Bridge bridge not None):
        check(mm_engine_seat(self.live(), bridge.live()))

    def leave(self):
        check(mm_engine_seat(self.live(), NULL))

    def set_gain(self, int32_t gain_q8):
        check(mm_engine_set_gain(self.live(), gain_q8))

    def set_muted(self, bint muted):
        check(mm_engine_set_muted(self.live(), muted))

    def set_levelled(self, bint levelled):
        check(mm_engine_set_levelled(self.live(), levelled))

    def set_suppressed(self, bint suppressed):
        check(mm_engine_set_suppressed(self.live(), suppressed))

    def set_deafened(self, bint deafened):
        check(mm_engine_set_deafened(self.live(), deafened))

    def set_inband(self, bint detects, bint removes):
        check(mm_engine_set_inband(self.live(), detects, removes))

    def set_hears_itself(self, bint on):
        check(mm_engine_set_hears_itself(self.live(), on))

    def set_hears(self, Port speaker not None, int32_t gain_q8):
        check(mm_engine_set_hears(self.live(), speaker.live(), gain_q8))

    def play(self, Playout playout not None):
        check(mm_engine_attach_playout(self.engine.live(), playout.live(), NULL, self.live()))

    def open_tap(self, uint32_t sample_rate_hz, uint32_t seconds):
        cdef Tap tap = Tap.__new__(Tap)
        check(mm_engine_open_port_tap(self.live(), sample_rate_hz, seconds, &tap.ptr))
        tap.engine = self.engine
        return tap

    def statistics(self):
        cdef mm_readings readings
        cdef mm_measures measures
        mm_engine_read_port(self.live(), &readings)
        measures = readings.measures
        return (
            counters_of(&readings.counters),
            measures.jitter_ms,
            measures.round_trip_ms if measures.round_trip_ms >= 0 else None,
            measures.loss, measures.remote_loss, measures.delay_ms, measures.mos,
            int(measures.level_dbov), measures.talking != 0,
        )

    def level(self):
        cdef mm_readings readings
        mm_engine_read_port(self.live(), &readings)
        return int(readings.measures.level_dbov), readings.measures.talking != 0

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            mm_engine_close_port(self.ptr)
        self.ptr = NULL


cdef class RtpPort(Port):
    """A port whose audio is RTP, on its own sockets or through a mux."""

    cdef mm_rtp_port *rtp
    cdef readonly uint16_t local_port

    @staticmethod
    cdef RtpPort of(Engine engine, mm_rtp_port *opened):
        cdef RtpPort port = RtpPort.__new__(RtpPort)
        port.rtp = opened
        port.ptr = &opened.port
        port.engine = engine
        port.id = opened.port.id
        port.local_port = opened.local_port
        return port

    def configure(self, media):
        cdef mm_media native
        fill_media(&native, media)
        self.live()
        check(mm_engine_configure(self.rtp, &native))

    def send_digits(self, bytes digits, uint32_t duration_ms):
        self.live()
        check(mm_engine_send_digits(self.rtp, digits, duration_ms))

    def set_remote(self, str host, uint16_t port):
        self.live()
        check(mm_engine_set_remote(self.rtp, host.encode("ascii"), port))


cdef class PcmPort(Port):
    """A port whose audio is PCM in rings."""

    cdef mm_pcm_port *pcm

    def write(self, const int16_t[::1] pcm):
        self.live()
        return mm_pcm_port_write(self.pcm, &pcm[0], pcm.shape[0]) if pcm.shape[0] else 0

    @property
    def pending(self):
        self.live()
        return mm_pcm_port_pending(self.pcm)

    def clear(self):
        self.live()
        mm_pcm_port_clear(self.pcm)

    def read(self):
        self.live()
        heard = np.empty(mm_pcm_port_waiting(self.pcm), np.int16)
        cdef int16_t[::1] view = heard
        cdef size_t done = mm_pcm_port_read(self.pcm, &view[0], view.shape[0]) if view.shape[0] else 0
        return heard[:done]


cdef class EncodedPort(Port):
    """A port that only hears: the packets of a codec in a ring."""

    cdef mm_encoded_port *encoded

    def read(self):
        self.live()
        cdef const mm_encoded_frame *frame = mm_encoded_port_front(self.encoded)
        packets = []
        while frame != NULL:
            packets.append(frame.payload[:frame.bytes])
            mm_encoded_port_release(self.encoded)
            frame = mm_encoded_port_front(self.encoded)
        return packets


cdef class Bridge:
    """The mix of the ports that joined it."""

    cdef mm_held_bridge *ptr
    cdef Engine engine

    cdef mm_held_bridge *live(self) except NULL:
        if self.ptr == NULL or self.engine.ptr == NULL:
            raise Conflict("the bridge is closed")
        return self.ptr

    @property
    def sample_rate_hz(self):
        return self.live().sample_rate_hz

    @property
    def shard(self):
        return mm_engine_shard_of(self.engine.live(), self.live())

    def open_tap(self, uint32_t sample_rate_hz, bint stems, uint32_t seconds):
        cdef Tap tap = Tap.__new__(Tap)
        check(mm_engine_open_tap(self.engine.live(), self.live(), sample_rate_hz, stems, seconds, &tap.ptr))
        tap.engine = self.engine
        return tap

    def play(self, Playout playout not None):
        check(mm_engine_attach_playout(self.engine.live(), playout.live(), self.live(), NULL))

    def set_hears(self, list cells):
        cdef mm_shard *shard = self.live().shard
        cdef Port listener, speaker
        mm_dispatch_begin(shard)
        try:
            for listener, speaker, gain_q8 in cells:
                check(mm_engine_set_hears(listener.live(), speaker.live(), gain_q8))
        finally:
            mm_dispatch_end(self.engine.ptr, shard)

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            check(mm_engine_close_bridge(self.engine.ptr, self.ptr))
        self.ptr = NULL


cdef class Tap:
    """The reading end of a tap of a bridge or a port."""

    cdef mm_held_tap *ptr
    cdef Engine engine

    cdef bint open(self):
        return self.ptr != NULL and self.engine.ptr != NULL

    @property
    def overruns(self):
        return mm_tap_overruns(self.ptr.tap) if self.open() else 0

    @property
    def position(self):
        return mm_tap_position(self.ptr.tap) if self.open() else 0

    def read(self):
        cdef int16_t pcm[MM_MAX_FRAME_SAMPLES]
        cdef mm_tap_record record
        cdef int16_t[::1] view
        cdef list records = []
        while self.open() and check(mm_tap_read(self.ptr.tap, &record, pcm, MM_MAX_FRAME_SAMPLES)) > 0:
            heard = np.empty(record.nsamples, np.int16)
            view = heard
            memcpy(&view[0], pcm, record.nsamples * sizeof(int16_t))
            records.append((record.first_sample, record.port_id, heard))
        return records

    def close(self):
        if self.open():
            mm_engine_close_tap(self.engine.ptr, self.ptr)
        self.ptr = NULL


cdef class Playout:
    """The writing end of a playout."""

    cdef mm_held_playout *ptr
    cdef Engine engine

    cdef bint open(self):
        return self.ptr != NULL and self.engine.ptr != NULL

    cdef mm_held_playout *live(self) except NULL:
        if not self.open():
            raise Conflict("the playout is closed")
        return self.ptr

    @property
    def done(self):
        return mm_playout_done(self.ptr.playout) if self.open() else True

    @property
    def pending(self):
        return mm_playout_pending(self.ptr.playout) if self.open() else 0

    def write(self, const int16_t[::1] pcm):
        if not self.open() or pcm.shape[0] == 0:
            return 0
        return mm_playout_write(self.ptr.playout, &pcm[0], pcm.shape[0])

    def clear(self):
        if self.open():
            mm_playout_clear(self.ptr.playout)

    def finish(self):
        if self.open():
            mm_playout_finish(self.ptr.playout)

    def close(self):
        if self.open():
            mm_engine_close_playout(self.engine.ptr, self.ptr)
        self.ptr = NULL


cdef class Mux:
    """The UDP socket that WebRTC ports share."""

    cdef mm_mux *ptr
    cdef Engine engine
    cdef readonly uint16_t port

    cdef mm_mux *live(self) except NULL:
        if self.ptr == NULL or self.engine.ptr == NULL:
            raise Conflict("the mux is closed")
        return self.ptr

    def fileno(self):
        return -1 if self.ptr == NULL or self.engine.ptr == NULL else self.ptr.ready_fd

    def receive(self):
        cdef mm_inbox_packet packet
        cdef list datagrams = []
        if self.fileno() < 0:
            return datagrams
        mm_mux_begin_receive(self.ptr)
        while mm_mux_receive(self.ptr, &packet):
            datagrams.append((packet.bytes[:packet.size], address_of(&packet.from_)))
        return datagrams

    def send(self, bytes datagram, str host, uint16_t port):
        cdef mm_address to
        if self.fileno() >= 0:
            check(mm_address_parse(&to, host.encode("ascii"), port))
            mm_udp_send(self.ptr.fd, &to, <const uint8_t *><const char *>datagram, len(datagram))

    def listen_tcp(self):
        check(mm_mux_listen_tcp(self.live()))

    def open_port(self):
        cdef mm_rtp_port *opened = NULL
        check(mm_engine_open_muxed_port(self.engine.live(), self.live(), &opened))
        return RtpPort.of(self.engine, opened)

    def bind(self, str host, uint16_t port_number, RtpPort port not None):
        cdef mm_address from_address
        check(mm_address_parse(&from_address, host.encode("ascii"), port_number))
        check(mm_mux_bind(self.live(), &from_address, port.live()))

    def unbind(self, str host, uint16_t port):
        cdef mm_address from_address
        check(mm_address_parse(&from_address, host.encode("ascii"), port))
        check(mm_mux_unbind(self.live(), &from_address))

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            check(mm_engine_close_mux(self.engine.ptr, self.ptr))
        self.ptr = NULL


include "trunk.pxi"
