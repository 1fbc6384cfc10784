/* engine.h -- the engine's API, for one control thread. The engine owns all
 * objects; shards and muxes return what they use before it is freed. Every call
 * returns immediately and takes effect between two ticks.
 */
#ifndef MM_ENGINE_H
#define MM_ENGINE_H

#include "engine/dispatch.h"
#include "engine/engine_taps.h"
#include "engine/engine_trunks.h"
#include "engine/held.h"
#include "engine/shard.h"
#include "io/mux.h"
#include "mix/encoded_port.h"
#include "mix/pcm_port.h"
#include "rtp/rtp_port.h"

#define MM_ENGINE_MAX_SHARDS 64
#define MM_ENGINE_MAX_PORTS 16384      /* also members of a lobby           */
#define MM_BRIDGE_MAX_MEMBERS 2048
#define MM_BRIDGE_MAX_PRIVATE_PLAYOUTS 56
#define MM_LOBBY_MAX_PLAYOUTS 512
#define MM_HOST_BYTES 46               /* INET6_ADDRSTRLEN                  */

struct mm_engine_config {
	uint32_t shards;
	uint32_t ptime_ms;
	uint32_t media_timeout_ms;
	char rtp_host[MM_HOST_BYTES];
	uint16_t rtp_port_min;    /* both 0: any                            */
	uint16_t rtp_port_max;
	bool manual;              /* no threads; mm_engine_tick             */
	bool realtime;
	const char *rnnoise_path; /* read when opened; NULL: none           */
};

struct mm_engine {
	struct mm_engine_config config;
	struct mm_libraries libraries;
	int wake_fd;                      /* readable: events queued        */
	uint32_t nshards;
	struct mm_shard *shards[MM_ENGINE_MAX_SHARDS];
	uint32_t next_shard;              /* round robin                    */
	uint32_t next_port_id;
	uint32_t nports;
	int64_t virtual_us;               /* a manual engine's time         */
	struct mm_counters totals;        /* of freed ports, and our own    */
	struct mm_port_list ports;
	struct mm_held_bridge_list bridges;
	struct mm_held_tap_list taps;
	struct mm_held_playout_list playouts;
	struct mm_mux_list muxes;
	struct mm_trunk_list trunks;
};

int mm_engine_open(struct mm_engine **engine,
		   const struct mm_engine_config *config,
		   const char *opus_path, const char *srtp_path);
int mm_engine_start(struct mm_engine *engine);
/* Close all open objects and the engine. */
void mm_engine_close(struct mm_engine *engine);
/* -EPERM unless manual. */
int mm_engine_tick(struct mm_engine *engine, uint32_t count);
/* Clear the eventfd; then call mm_engine_next_event until it is false. */
void mm_engine_begin_events(struct mm_engine *engine);
bool mm_engine_next_event(struct mm_engine *engine, struct mm_event *event);
void mm_engine_counters(struct mm_engine *engine, struct mm_counters *sum);
void mm_engine_lateness(const struct mm_engine *engine,
			struct mm_lateness_summary *summary);
/* CPU time of the busiest shard, of a thousandth of its ticks' duration, over the
 * last second; and the most that any shard sheds. 0 for a manual engine. */
uint32_t mm_engine_load_permille(const struct mm_engine *engine);
enum mm_shed mm_engine_shed(const struct mm_engine *engine);

/* engine_ports.c; -EBADF when the port is closed. */
int mm_engine_open_rtp_port(struct mm_engine *engine,
			    struct mm_rtp_port **port);
/* Give a new port to the engine and to a shard; frees it if that fails. */
int mm_engine_own_port(struct mm_engine *engine, struct mm_port *port,
		       struct mm_shard *shard);
int mm_engine_open_muxed_port(struct mm_engine *engine, struct mm_mux *mux,
			      struct mm_rtp_port **port);
int mm_engine_open_pcm_port(struct mm_engine *engine, uint32_t sample_rate_hz,
			    struct mm_pcm_port **port);
int mm_engine_open_encoded_port(struct mm_engine *engine,
				const struct mm_codec_format *format,
				struct mm_encoded_port **port);
int mm_engine_configure(struct mm_rtp_port *rtp_port, struct mm_media *media);
int mm_engine_seat(struct mm_port *port, struct mm_held_bridge *bridge);
int mm_engine_set_gain(struct mm_port *port, int32_t gain_q8);
int mm_engine_set_muted(struct mm_port *port, bool muted);
int mm_engine_set_levelled(struct mm_port *port, bool levelled);
/* Noise suppression (dsp/suppressor.h); -ENOPKG without librnnoise. */
int mm_engine_set_suppressed(struct mm_port *port, bool suppressed);
int mm_engine_set_deafened(struct mm_port *port, bool deafened);
int mm_engine_set_hears_itself(struct mm_port *port, bool on);
/* Applies whenever both are on one bridge, until either is closed. */
int mm_engine_set_hears(struct mm_port *port, struct mm_port *speaker,
			int32_t gain_q8);
int mm_engine_set_remote(struct mm_rtp_port *rtp_port, const char *host,
			 uint16_t remote_port);
/* -ENOTSUP unless telephone-event was negotiated. */
int mm_engine_send_digits(struct mm_rtp_port *rtp_port, const char *digits,
			  uint32_t duration_ms);
/* Detection and removal of in-band tones; ignored by a PCM port. */
int mm_engine_set_inband(struct mm_port *port, bool detects, bool removes);
/* Counters and measures, at most 200 ms old. */
void mm_engine_read_port(struct mm_port *port, struct mm_readings *readings);
void mm_engine_close_port(struct mm_port *port);
void mm_engine_free_port(struct mm_port *port);

/* engine_bridges.c */
int mm_engine_open_bridge(struct mm_engine *engine, uint32_t max_talkers,
			  struct mm_held_bridge **bridge);
/* -EBUSY while a port, tap or playout is on it. */
int mm_engine_close_bridge(struct mm_engine *engine,
			   struct mm_held_bridge *bridge);
int mm_engine_add_encoder(struct mm_engine *engine,
			  struct mm_held_bridge *bridge,
			  const struct mm_codec_format *format);
void mm_engine_free_bridge(struct mm_held_bridge *bridge);

/* engine_muxes.c */
int mm_engine_open_mux(struct mm_engine *engine, const char *host,
		       uint16_t port, struct mm_mux **mux);
/* -EBUSY while it has ports. */
int mm_engine_close_mux(struct mm_engine *engine, struct mm_mux *mux);
void mm_engine_collect_muxes(struct mm_engine *engine);

#endif
