/* engine.c -- races: a whole engine with its threads, under ThreadSanitizer. The
 * control thread opens, moves, reads and closes everything that there is, while
 * another one sends RTP, STUN and SRTP to all sockets: engine [SECONDS].
 */
#define _DEFAULT_SOURCE
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BRIDGES 3u
#define PORTS 12u                 /* phones, browsers and PCM, by turns     */
#define RATE_HZ 16000u
#define FRAME 320u
#define STEP_US 2000
#define US_PER_S 1000000

struct world {
	struct mm_engine *engine;
	struct mm_mux *mux;
	struct mm_held_bridge *bridges[BRIDGES];
	struct mm_port *ports[PORTS];
	_Atomic uint16_t targets[PORTS];  /* of the sender                  */
	_Atomic bool ended;
	uint32_t random;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static uint32_t below(struct world *world, uint32_t limit)
{
	world->random = world->random * 1664525u + 1013904223u;
	return (world->random >> 8) % limit;
}

static void *send_packets(void *argument)
{
	struct world *world = argument;
	struct mm_address any, to;
	uint8_t packet[172] = { 0x80, 0 };
	int fd;

	must(!mm_address_parse(&any, "127.0.0.1", 0));
	must((fd = mm_udp_open(&any, 0)) >= 0);
	for (uint16_t number = 0; !atomic_load(&world->ended); number++) {
		uint16_t port = atomic_load(&world->targets[number % PORTS]);

		packet[0] = number % 8 ? 0x80 : 0x00; /* RTP, or STUN       */
		packet[1] = number % 16 == 1 ? 200 : 0;
		packet[2] = (uint8_t)(number / PORTS >> 8);
		packet[3] = (uint8_t)(number / PORTS);
		must(!mm_address_parse(&to, "127.0.0.1", port ? port : 9));
		(void)mm_udp_send(fd, &to, packet, sizeof(packet));
		if (number % PORTS == 0)
			usleep(STEP_US);
	}
	close(fd);
	return NULL;
}

static void open_port(struct world *world, uint32_t place)
{
	const struct mm_codec_format format = {
		.id = place % 2 ? MM_CODEC_PCMU : MM_CODEC_G722,
		.clock_rate_hz = 8000,
		.sample_rate_hz = place % 2 ? 8000 : 16000,
		.ptime_ms = MM_TICK_MS, .channels = 1,
	};
	struct mm_media media = {
		.receive = { .formats = { format }, .nformats = 1,
			     .dtmf_payload_type = 101,
			     .dtmf_clock_rate_hz = 8000,
			     .ptime_ms = MM_TICK_MS,
			     .max_delay_ms = MM_JBUF_MAX_DELAY_MS },
		.send = format, .sends = true, .receives = true,
	};
	struct mm_rtp_port *rtp;
	struct mm_pcm_port *pcm;

	if (place % 3 == 2) {
		must(!mm_engine_open_pcm_port(world->engine, RATE_HZ, &pcm));
		world->ports[place] = &pcm->port;
		return;
	}
	must(!mm_address_parse(&media.remote, "127.0.0.1", 9));
	if (place % 3)
		must(!mm_engine_open_rtp_port(world->engine, &rtp));
	else
		must(!mm_engine_open_muxed_port(world->engine, world->mux,
						&rtp));
	must(!mm_engine_configure(rtp, &media));
	if (!(place % 3))
		must(!mm_mux_bind(world->mux, &media.remote, &rtp->port));
	world->ports[place] = &rtp->port;
	atomic_store(&world->targets[place], rtp->local_port);
}

static void set_something(struct world *world, struct mm_port *port)
{
	struct mm_port *other = world->ports[below(world, PORTS)];

	switch (below(world, 6)) {
	case 0:
		(void)mm_engine_set_muted(port, below(world, 2));
		break;
	case 1:
		(void)mm_engine_set_gain(port, (int32_t)below(world, 512));
		break;
	case 2:
		if (other != port)
			(void)mm_engine_set_hears(port, other, 0);
		break;
	case 3:
		(void)mm_engine_set_inband(port, true, below(world, 2));
		break;
	case 4:
		(void)mm_engine_set_deafened(port, below(world, 2));
		break;
	default:
		(void)mm_engine_seat(port,
				     world->bridges[below(world, BRIDGES)]);
	}
}

static void use_pcm(struct mm_pcm_port *port)
{
	int16_t pcm[FRAME] = { 1000, -1000 };

	(void)mm_pcm_port_write(port, pcm, FRAME);
	(void)mm_pcm_port_read(port, pcm, FRAME);
}

static void listen_and_play(struct world *world)
{
	static int16_t pcm[MM_MAX_FRAME_SAMPLES];
	struct mm_held_bridge *bridge = world->bridges[below(world, BRIDGES)];
	struct mm_port *port = world->ports[below(world, PORTS)];
	struct mm_held_playout *playout;
	struct mm_held_tap *tap;
	struct mm_tap_record record;
	bool alone = below(world, 2);

	must(!mm_engine_open_tap(world->engine, bridge, RATE_HZ, true, 1,
				 &tap));
	must(!mm_engine_open_playout(world->engine, RATE_HZ, 1, &playout));
	(void)mm_engine_attach_playout(world->engine, playout,
				       alone ? NULL : bridge,
				       alone ? port : NULL);
	for (int i = 0; i < 20; i++) {
		(void)mm_playout_write(playout->playout, pcm, FRAME);
		while (mm_tap_read(tap->tap, &record, pcm,
				   MM_MAX_FRAME_SAMPLES) > 0)
			;
		(void)mm_tap_position(tap->tap);
		usleep(STEP_US);
	}
	mm_playout_clear(playout->playout);
	mm_playout_finish(playout->playout);
	(void)mm_playout_done(playout->playout);
	mm_engine_close_playout(world->engine, playout);
	mm_engine_close_tap(world->engine, tap);
}

static void read_all(struct world *world)
{
	struct mm_lateness_summary lateness;
	struct mm_inbox_packet packet;
	struct mm_counters counters;
	struct mm_readings readings;
	struct mm_event event;

	mm_engine_begin_events(world->engine);
	while (mm_engine_next_event(world->engine, &event))
		;
	mm_mux_begin_receive(world->mux);
	while (mm_mux_receive(world->mux, &packet))
		;
	mm_engine_read_port(world->ports[0], &readings);
	mm_engine_counters(world->engine, &counters);
	mm_engine_lateness(world->engine, &lateness);
	(void)mm_engine_load_permille(world->engine);
	(void)mm_engine_shed(world->engine);
}

static void step(struct world *world)
{
	uint32_t place = below(world, PORTS);

	if (!below(world, 8)) {
		mm_engine_close_port(world->ports[place]);
		open_port(world, place);
	}
	set_something(world, world->ports[place]);
	for (uint32_t i = 2; i < PORTS; i += 3)
		use_pcm((struct mm_pcm_port *)world->ports[i]);
	if (!below(world, 10))
		listen_and_play(world);
	read_all(world);
	usleep(STEP_US);
}

int main(int count, char **arguments)
{
	static const struct mm_engine_config config = {
		.shards = 3, .ptime_ms = MM_TICK_MS,
		.media_timeout_ms = 1000, .rtp_host = "127.0.0.1",
	};
	int64_t end_us = mm_clock_now_us() +
			 (count > 1 ? atoi(arguments[1]) : 10) * US_PER_S;
	struct world world = { .random = 1 };
	pthread_t sender;

	must(!mm_engine_open(&world.engine, &config,
			     getenv("MIXMINUS_OPUS_PATH"), NULL));
	must(!mm_engine_open_mux(world.engine, "127.0.0.1", 0, &world.mux));
	must(!mm_mux_listen_tcp(world.mux));
	must(!mm_engine_start(world.engine));
	for (uint32_t i = 0; i < BRIDGES; i++)
		must(!mm_engine_open_bridge(world.engine, 0,
					    &world.bridges[i]));
	for (uint32_t i = 0; i < PORTS; i++)
		open_port(&world, i);
	must(!pthread_create(&sender, NULL, send_packets, &world));
	while (mm_clock_now_us() < end_us)
		step(&world);
	atomic_store(&world.ended, true);
	pthread_join(sender, NULL);
	mm_engine_close(world.engine);
	return 0;
}
