# The C declarations that _engine.pyx uses.
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "io/udp.h" nogil:
    enum:
        MM_HOST_BYTES
    cdef struct mm_address:
        pass
    int mm_address_parse(mm_address *address, const char *host, uint16_t port)
    uint16_t mm_address_format(const mm_address *address, char *host)
    int mm_udp_send(int fd, const mm_address *to, const uint8_t *data, size_t size)

cdef extern from "codec/codec.h" nogil:
    enum mm_codec_id:
        MM_CODEC_PCMU
        MM_CODEC_PCMA
        MM_CODEC_G722
        MM_CODEC_OPUS
        MM_CODEC_L16
    cdef struct mm_codec_format:
        mm_codec_id id
        uint32_t clock_rate_hz
        uint32_t sample_rate_hz
        uint32_t ptime_ms
        uint32_t bitrate_bps
        uint8_t payload_type
        uint8_t channels
        uint8_t complexity
        uint8_t loss_percent
        bint fec

cdef extern from "rtp/srtp.h" nogil:
    enum:
        MM_SRTP_MAX_KEY_BYTES
        MM_SRTP_MAX_MKI_BYTES
    enum mm_srtp_profile:
        MM_SRTP_NONE
        MM_SRTP_AES_CM_128_HMAC_SHA1_80
        MM_SRTP_AEAD_AES_128_GCM
        MM_SRTP_AEAD_AES_256_GCM
        MM_SRTP_AES_CM_128_HMAC_SHA1_32
        MM_SRTP_AES_256_CM_HMAC_SHA1_80
        MM_SRTP_AES_256_CM_HMAC_SHA1_32
    struct mm_srtp_key:
        uint8_t *bytes
        uint8_t *mki
        uint32_t mki_bytes

cdef extern from "rtp/receiver.h" nogil:
    enum:
        MM_RECEIVER_MAX_FORMATS
    cdef struct mm_receiver_config:
        mm_codec_format *formats
        size_t nformats
        uint8_t dtmf_payload_type
        uint32_t dtmf_clock_rate_hz
        uint8_t level_extension_id
        uint32_t max_delay_ms

cdef extern from "engine/snapshot.h" nogil:
    cdef struct mm_counters:
        pass
    cdef struct mm_measures:
        double jitter_ms
        double round_trip_ms
        double loss
        double remote_loss
        double delay_ms
        double mos
        double level_dbov
        double talking
    cdef struct mm_readings:
        mm_counters counters
        mm_measures measures
    cdef struct mm_snapshot:
        pass
    const char *mm_counter_names[]
    const size_t mm_counter_count
    uint64_t mm_counter_value(const mm_counters *counters, size_t index)

cdef extern from "engine/event.h" nogil:
    cdef struct mm_digit:
        char digit
        uint32_t duration_ms
    enum mm_event_type:
        MM_EVENT_REMOTE_CHANGED
        MM_EVENT_DIGIT_RECEIVED
    cdef struct mm_event:
        mm_event_type type
        uint32_t port_id
        int64_t at_us
        mm_address remote
        mm_digit digit
    const char *mm_event_name(mm_event_type type)

cdef extern from "mix/tap.h" nogil:
    enum:
        MM_MAX_FRAME_SAMPLES
    cdef struct mm_tap:
        pass
    cdef struct mm_tap_record:
        uint64_t first_sample
        uint32_t port_id
        uint32_t nsamples
    int mm_tap_read(mm_tap *tap, mm_tap_record *record, int16_t *pcm, size_t max)
    uint64_t mm_tap_overruns(const mm_tap *tap)
    uint64_t mm_tap_position(const mm_tap *tap)

cdef extern from "mix/playout.h" nogil:
    cdef struct mm_playout:
        pass
    size_t mm_playout_write(mm_playout *playout, const int16_t *pcm, size_t nsamples)
    void mm_playout_clear(mm_playout *playout)
    void mm_playout_finish(mm_playout *playout)
    bint mm_playout_done(const mm_playout *playout)
    size_t mm_playout_pending(const mm_playout *playout)

cdef extern from "engine/engine.h" nogil:
    cdef struct mm_port:
        uint32_t id
        mm_snapshot snapshot
    cdef enum:
        MM_LATCH_HOSTS
    cdef struct mm_latch_rule:
        mm_address hosts[4]
        uint32_t nhosts
        bint opens
    cdef struct mm_media:
        mm_receiver_config receive
        mm_codec_format send
        bint sends
        bint receives
        bint rtcp_mux
        bint ssrc_chosen
        uint32_t ssrc
        mm_address remote
        mm_address remote_rtcp
        mm_latch_rule latch_rule
        uint32_t media_timeout_ms
        mm_srtp_profile profile
        mm_srtp_key rx_key
        mm_srtp_key tx_key
        uint32_t key_bytes
    cdef struct mm_rtp_port:
        mm_port port
        uint16_t local_port
    cdef struct mm_pcm_port:
        mm_port port
    size_t mm_pcm_port_write(mm_pcm_port *port, const int16_t *pcm, size_t nsamples)
    size_t mm_pcm_port_read(mm_pcm_port *port, int16_t *pcm, size_t max)
    size_t mm_pcm_port_waiting(const mm_pcm_port *port)
    size_t mm_pcm_port_pending(const mm_pcm_port *port)
    void mm_pcm_port_clear(mm_pcm_port *port)
    cdef struct mm_encoded_frame:
        uint16_t bytes
        const uint8_t *payload
    cdef struct mm_encoded_port:
        mm_port port
    const mm_encoded_frame *mm_encoded_port_front(mm_encoded_port *port)
    void mm_encoded_port_release(mm_encoded_port *port)

    cdef struct mm_shard:
        pass
    cdef struct mm_held_bridge:
        uint32_t sample_rate_hz
        mm_shard *shard
    cdef struct mm_held_tap:
        mm_tap *tap
    cdef struct mm_held_playout:
        mm_playout *playout

    cdef struct mm_inbox_packet:
        mm_address from_ "from"
        uint32_t size
        uint8_t *bytes
    cdef struct mm_mux:
        int fd
        int ready_fd
        uint16_t local_port
    int mm_mux_listen_tcp(mm_mux *mux)
    int mm_mux_bind(mm_mux *mux, const mm_address *address, mm_port *port)
    int mm_mux_unbind(mm_mux *mux, const mm_address *address)
    void mm_mux_begin_receive(mm_mux *mux)
    bint mm_mux_receive(mm_mux *mux, mm_inbox_packet *packet)

    cdef struct mm_lateness_summary:
        int64_t p50_us
        int64_t p99_us
        int64_t max_us
        uint64_t ticks
    cdef struct mm_engine_config:
        uint32_t shards
        uint32_t ptime_ms
        uint32_t media_timeout_ms
        char *rtp_host
        uint16_t rtp_port_min
        uint16_t rtp_port_max
        bint manual
        bint realtime
        const char *rnnoise_path
    cdef struct mm_engine:
        int wake_fd
    int mm_engine_open(mm_engine **engine, const mm_engine_config *config,
                       const char *opus_path, const char *srtp_path)
    int mm_engine_start(mm_engine *engine)
    void mm_engine_close(mm_engine *engine)
    int mm_engine_tick(mm_engine *engine, uint32_t count)
    void mm_engine_begin_events(mm_engine *engine)
    bint mm_engine_next_event(mm_engine *engine, mm_event *event)
    void mm_engine_counters(mm_engine *engine, mm_counters *sum)
    void mm_engine_lateness(const mm_engine *engine, mm_lateness_summary *summary)
    uint32_t mm_engine_load_permille(const mm_engine *engine)
    int mm_engine_shed(const mm_engine *engine)

    int mm_engine_open_rtp_port(mm_engine *engine, mm_rtp_port **port)
    int mm_engine_open_muxed_port(mm_engine *engine, mm_mux *mux, mm_rtp_port **port)
    int mm_engine_open_pcm_port(mm_engine *engine, uint32_t sample_rate_hz, mm_pcm_port **port)
    int mm_engine_open_encoded_port(mm_engine *engine, const mm_codec_format *format, mm_encoded_port **port)
    int mm_engine_configure(mm_rtp_port *rtp_port, mm_media *media)
    int mm_engine_seat(mm_port *port, mm_held_bridge *bridge)
    int mm_engine_set_gain(mm_port *port, int32_t gain_q8)
    void mm_engine_read_port(mm_port *port, mm_readings *readings)
    int mm_engine_set_muted(mm_port *port, bint muted)
    int mm_engine_set_levelled(mm_port *port, bint levelled)
    int mm_engine_set_suppressed(mm_port *port, bint suppressed)
    int mm_engine_set_deafened(mm_port *port, bint deafened)
    int mm_engine_set_inband(mm_port *port, bint detects, bint removes)
    int mm_engine_set_hears_itself(mm_port *port, bint on)
    int mm_engine_set_hears(mm_port *port, mm_port *speaker, int32_t gain_q8)
    void mm_dispatch_begin(mm_shard *shard)
    void mm_dispatch_end(mm_engine *engine, mm_shard *shard)
    int mm_engine_set_remote(mm_rtp_port *rtp_port, const char *host, uint16_t remote_port)
    int mm_engine_send_digits(mm_rtp_port *rtp_port, const char *digits, uint32_t duration_ms)
    void mm_engine_close_port(mm_port *port)

    int mm_engine_open_bridge(mm_engine *engine, uint32_t max_talkers, mm_held_bridge **bridge)
    int mm_engine_close_bridge(mm_engine *engine, mm_held_bridge *bridge)
    int mm_engine_open_tap(mm_engine *engine, mm_held_bridge *bridge, uint32_t sample_rate_hz,
                           bint stems, uint32_t seconds, mm_held_tap **tap)
    int mm_engine_open_port_tap(mm_port *port, uint32_t sample_rate_hz, uint32_t seconds, mm_held_tap **tap)
    void mm_engine_close_tap(mm_engine *engine, mm_held_tap *tap)
    int mm_engine_open_playout(mm_engine *engine, uint32_t sample_rate_hz, uint32_t seconds,
                               mm_held_playout **playout)
    int mm_engine_attach_playout(mm_engine *engine, mm_held_playout *playout, mm_held_bridge *bridge,
                                 mm_port *port)
    void mm_engine_close_playout(mm_engine *engine, mm_held_playout *playout)
    enum:
        MM_TRUNK_KEY_BYTES
    cdef struct mm_trunk:
        uint16_t local_port
    cdef struct mm_trunk_link:
        uint16_t local_tag
    cdef struct mm_ghost:
        mm_port port
    uint32_t mm_engine_shard_of(const mm_engine *engine, const mm_held_bridge *bridge)
    int mm_engine_open_trunk(mm_engine *engine, const char *host, uint16_t port, uint32_t shard,
                             uint32_t nlanes, mm_trunk **trunk)
    int mm_engine_close_trunk(mm_trunk *trunk)
    int mm_engine_open_link(mm_trunk *trunk, mm_held_bridge *bridge, mm_trunk_link **link)
    int mm_engine_connect_link(mm_trunk_link *link, const mm_address *remote, uint16_t tag,
                               const uint8_t *tx_key, const uint8_t *rx_key)
    int mm_engine_close_link(mm_trunk_link *link)
    int mm_engine_carry(mm_trunk_link *link, const mm_port *port, uint16_t talker)
    int mm_engine_carry_playouts(mm_trunk_link *link, uint16_t first_talker)
    void mm_engine_drop(mm_trunk_link *link, uint32_t port_id)
    int mm_engine_open_ghost(mm_trunk_link *link, uint16_t talker, mm_ghost **ghost)
    void mm_engine_close_ghost(mm_ghost *ghost)
    int mm_engine_open_mux(mm_engine *engine, const char *host, uint16_t port, mm_mux **mux)
    int mm_engine_close_mux(mm_engine *engine, mm_mux *mux)
