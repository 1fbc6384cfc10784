/* trunks.c -- races: two engines that share rooms by trunks, with their threads,
 * under ThreadSanitizer. One control thread lets talkers, ghosts, playouts, links
 * and trunks come and go, while they are heard and while another thread sends
 * noise to the trunks' sockets: trunks [SECONDS].
 */
#define _DEFAULT_SOURCE
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOMS 2u                  /* each on a shard of its own             */
#define SEATS 4u                  /* of a room in each engine               */
#define LANES 3u                  /* fewer than talkers                     */
#define RATE_HZ 16000u
#define FRAME 320u
#define FIRST_PLAYOUT 60000u
#define STEP_US 2000
#define US_PER_S 1000000

/* A room in one engine. */
struct end {
	struct mm_engine *engine;
	struct mm_held_bridge *bridge;
	struct mm_trunk *trunk;
	struct mm_trunk_link *link;
	struct mm_pcm_port *listener;
	struct mm_pcm_port *seats[SEATS];
	struct mm_ghost *ghosts[SEATS];  /* of the other end's seats        */
	struct mm_ghost *playouts[MM_LINK_PLAYOUTS];
	uint16_t talkers;
	_Atomic uint16_t target;      /* of the noise                       */
};

struct world {
	struct mm_engine *engines[2];
	struct end ends[ROOMS][2];
	_Atomic bool ended;
	uint32_t random;
	uint64_t heard;               /* samples that were not silence      */
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

static void *send_noise(void *argument)
{
	struct world *world = argument;
	struct mm_address any, to;
	uint8_t packet[700] = { 0x80, 100, 0, 1 };
	int fd;

	must(!mm_address_parse(&any, "127.0.0.1", 0));
	must((fd = mm_udp_open(&any, 0)) >= 0);
	for (uint32_t n = 0; !atomic_load(&world->ended); n++) {
		struct end *end = &world->ends[n % ROOMS][n / ROOMS % 2];

		packet[9] = (uint8_t)(n / 16);   /* the tag of a link       */
		packet[11] = (uint8_t)(n / 4);   /* a talker                */
		must(!mm_address_parse(&to, "127.0.0.1",
				       atomic_load(&end->target)));
		(void)mm_udp_send(fd, &to, packet, n % sizeof(packet));
		if (!(n % 8))
			usleep(STEP_US);
	}
	close(fd);
	return NULL;
}

static void expect(struct end *end, uint16_t talker, struct mm_ghost **ghost)
{
	must(!mm_engine_open_ghost(end->link, talker, ghost));
	must(!mm_engine_seat(&(*ghost)->port, end->bridge));
}

static void forget(struct mm_ghost **ghost)
{
	if (*ghost)
		mm_engine_close_ghost(*ghost);
	*ghost = NULL;
}

/* A seat's talker leaves by the link, under a new number. */
static void carry(struct end *end, struct end *other, uint32_t seat)
{
	must(!mm_engine_carry(end->link, &end->seats[seat]->port,
			      end->talkers));
	expect(other, end->talkers++, &other->ghosts[seat]);
}

static void replace_seat(struct end *end, struct end *other, uint32_t seat)
{
	forget(&other->ghosts[seat]);
	mm_engine_close_port(&end->seats[seat]->port);
	must(!mm_engine_open_pcm_port(end->engine, RATE_HZ,
				      &end->seats[seat]));
	must(!mm_engine_seat(&end->seats[seat]->port, end->bridge));
	carry(end, other, seat);
}

static void open_link(struct end *end, bool anew)
{
	uint32_t shard = mm_engine_shard_of(end->engine, end->bridge);

	if (anew) {
		must(!mm_engine_open_trunk(end->engine, "127.0.0.1", 0, shard,
					   LANES, &end->trunk));
		atomic_store(&end->target, end->trunk->local_port);
	}
	must(!mm_engine_open_link(end->trunk, end->bridge, &end->link));
	end->talkers = 0;
}

static void close_link(struct end *end, bool with_trunk)
{
	for (uint32_t i = 0; i < SEATS; i++)
		forget(&end->ghosts[i]);
	for (uint32_t i = 0; i < MM_LINK_PLAYOUTS; i++)
		forget(&end->playouts[i]);
	must(!mm_engine_close_link(end->link));
	if (with_trunk)
		must(!mm_engine_close_trunk(end->trunk));
}

static void connect_to(struct end *end, const struct end *other)
{
	static const uint8_t key[MM_TRUNK_KEY_BYTES] = { 1, 2, 3 };
	struct mm_address remote;

	must(!mm_address_parse(&remote, "127.0.0.1",
			       other->trunk->local_port));
	must(!mm_engine_connect_link(end->link, &remote,
				     other->link->local_tag, key, key));
}

static void connect_ends(struct end ends[2])
{
	connect_to(&ends[0], &ends[1]);
	connect_to(&ends[1], &ends[0]);
	for (uint32_t side = 0; side < 2; side++) {
		struct end *end = &ends[side], *other = &ends[!side];

		must(!mm_engine_carry_playouts(end->link, FIRST_PLAYOUT));
		for (uint16_t i = 0; i < MM_LINK_PLAYOUTS; i++)
			expect(other, (uint16_t)(FIRST_PLAYOUT + i),
			       &other->playouts[i]);
		for (uint32_t i = 0; i < SEATS; i++)
			carry(end, other, i);
	}
}

static void open_end(struct world *world, uint32_t room, uint32_t side)
{
	struct end *end = &world->ends[room][side];

	end->engine = world->engines[side];
	must(!mm_engine_open_bridge(end->engine, 0, &end->bridge));
	must(!mm_engine_open_pcm_port(end->engine, RATE_HZ, &end->listener));
	must(!mm_engine_seat(&end->listener->port, end->bridge));
	for (uint32_t i = 0; i < SEATS; i++) {
		must(!mm_engine_open_pcm_port(end->engine, RATE_HZ,
					      &end->seats[i]));
		must(!mm_engine_seat(&end->seats[i]->port, end->bridge));
	}
	open_link(end, true);
}

/* Play to the room, and read a tap of a ghost, so long that both have begun. */
static void play_and_tap(struct end *end)
{
	static int16_t pcm[MM_MAX_FRAME_SAMPLES];
	struct mm_held_playout *playout;
	struct mm_held_tap *tap;
	struct mm_tap_record record;

	must(!mm_engine_open_tap(end->engine, end->bridge, RATE_HZ, true, 1,
				 &tap));
	must(!mm_engine_open_playout(end->engine, RATE_HZ, 1, &playout));
	must(!mm_engine_attach_playout(end->engine, playout, end->bridge,
				       NULL));
	for (int i = 0; i < 20; i++) {
		for (uint32_t n = 0; n < FRAME; n++)
			pcm[n] = n % 8 < 4 ? 900 : -900;
		(void)mm_playout_write(playout->playout, pcm, FRAME);
		while (mm_tap_read(tap->tap, &record, pcm,
				   MM_MAX_FRAME_SAMPLES) > 0)
			;
		usleep(STEP_US);
	}
	mm_playout_finish(playout->playout);
	mm_engine_close_playout(end->engine, playout);
	mm_engine_close_tap(end->engine, tap);
}

static void speak_and_hear(struct world *world, struct end *end)
{
	int16_t pcm[FRAME];
	size_t count;

	for (uint32_t i = 0; i < SEATS; i++) {
		for (uint32_t n = 0; n < FRAME; n++)
			pcm[n] = (int16_t)((int32_t)below(world, 4000) - 2000);
		if (below(world, 8))
			(void)mm_pcm_port_write(end->seats[i], pcm, FRAME);
	}
	count = mm_pcm_port_read(end->listener, pcm, FRAME);
	for (size_t n = 0; n < count; n++)
		world->heard += pcm[n] != 0;
}

static void read_all(struct mm_engine *engine, struct end *end)
{
	struct mm_readings readings;
	struct mm_event event;

	mm_engine_begin_events(engine);
	while (mm_engine_next_event(engine, &event))
		;
	mm_engine_read_port(&end->ghosts[0]->port, &readings);
	(void)mm_engine_shed(engine);
}

static void step(struct world *world)
{
	uint32_t room = below(world, ROOMS), side = below(world, 2);
	struct end *ends = world->ends[room];
	struct end *end = &ends[side], *other = &ends[!side];
	bool anew = !below(world, 4);

	switch (below(world, 24)) {
	case 0:
		close_link(end, anew);
		close_link(other, anew);
		open_link(end, anew);
		open_link(other, anew);
		connect_ends(ends);
		break;
	case 1:
		play_and_tap(end);
		break;
	case 2:
		(void)mm_engine_set_hears(&end->listener->port,
					  &end->ghosts[0]->port, 0);
		(void)mm_engine_set_gain(&end->ghosts[1]->port, 128);
		break;
	case 3:
		mm_engine_drop(end->link, end->seats[0]->port.id);
		replace_seat(end, other, 0);
		break;
	case 4:
	case 5:
		replace_seat(end, other, below(world, SEATS));
		break;
	default:
		break;
	}
	for (uint32_t i = 0; i < ROOMS; i++)
		for (uint32_t j = 0; j < 2; j++)
			speak_and_hear(world, &world->ends[i][j]);
	read_all(end->engine, end);
	usleep(STEP_US);
}

/* A run in which nothing went by the trunks would show nothing. */
static void check(const struct world *world)
{
	for (uint32_t side = 0; side < 2; side++) {
		struct mm_counters counters;

		mm_engine_counters(world->engines[side], &counters);
		printf("engine %u: %llu packets of talkers, %llu refused, %llu without a lane\n",
		       side, (unsigned long long)counters.rtp_received,
		       (unsigned long long)counters.trunk_unknown_talker,
		       (unsigned long long)counters.trunk_no_lane);
		must(counters.rtp_received > 0);
		must(counters.trunk_unknown_talker > 0);
	}
	must(world->heard > 0);
}

int main(int count, char **arguments)
{
	static const struct mm_engine_config config = {
		.shards = ROOMS, .ptime_ms = MM_TICK_MS,
		.media_timeout_ms = 1000, .rtp_host = "127.0.0.1",
	};
	int64_t end_us = mm_clock_now_us() +
			 (count > 1 ? atoi(arguments[1]) : 10) * US_PER_S;
	static struct world world = { .random = 1 };
	pthread_t noise;

	for (uint32_t side = 0; side < 2; side++) {
		must(!mm_engine_open(&world.engines[side], &config, NULL,
				     getenv("MIXMINUS_SRTP_PATH")));
		must(!mm_engine_start(world.engines[side]));
		for (uint32_t room = 0; room < ROOMS; room++)
			open_end(&world, room, side);
	}
	for (uint32_t room = 0; room < ROOMS; room++)
		connect_ends(world.ends[room]);
	must(!pthread_create(&noise, NULL, send_noise, &world));
	while (mm_clock_now_us() < end_us)
		step(&world);
	atomic_store(&world.ended, true);
	pthread_join(noise, NULL);
	check(&world);
	for (uint32_t side = 0; side < 2; side++)
		mm_engine_close(world.engines[side]);
	return 0;
}
