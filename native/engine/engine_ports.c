/* engine_ports.c -- the control thread's part of ports. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "mix/mix.h"

_Static_assert(MM_SHARD_READERS >= MM_ENGINE_MAX_PORTS,
	       "all ports may end up on one shard");

static int command(struct mm_port *port, struct mm_command what)
{
	what.port = port;
	return mm_dispatch(port->control.engine, port->control.shard,
			   &what);
}

static struct mm_shard *next_shard(struct mm_engine *engine)
{
	return engine->shards[engine->next_shard++ % engine->nshards];
}

int mm_engine_own_port(struct mm_engine *engine, struct mm_port *port,
		       struct mm_shard *shard)
{
	struct mm_port_control *control = &port->control;
	int rc;

	control->engine = engine;
	control->shard = shard;
	/* Before the first tick: zeros would read as 0 dBov, full scale. */
	mm_port_publish(port);
	rc = command(port, (struct mm_command){ .type = MM_COMMAND_ADOPT_PORT });
	if (rc < 0) {
		port->ops->free(port);
		return rc;
	}
	LIST_INSERT_HEAD(&engine->ports, port, control.in_engine);
	engine->nports++;
	return 0;
}

static int own(struct mm_engine *engine, struct mm_port *port)
{
	return mm_engine_own_port(engine, port, next_shard(engine));
}

int mm_engine_open_rtp_port(struct mm_engine *engine,
			    struct mm_rtp_port **opened)
{
	const struct mm_port_range range = {
		engine->config.rtp_host,
		engine->config.rtp_port_min,
		engine->config.rtp_port_max,
	};
	int rc;

	if (engine->nports >= MM_ENGINE_MAX_PORTS)
		return -ENOSPC;
	rc = mm_rtp_port_open(opened, ++engine->next_port_id, &range);
	return rc < 0 ? rc : own(engine, &(*opened)->port);
}

int mm_engine_open_muxed_port(struct mm_engine *engine, struct mm_mux *mux,
			      struct mm_rtp_port **opened)
{
	int rc;

	if (engine->nports >= MM_ENGINE_MAX_PORTS)
		return -ENOSPC;
	rc = mm_rtp_port_open_muxed(opened, ++engine->next_port_id, mux->fd);
	if (!rc)
		rc = own(engine, &(*opened)->port);
	if (rc < 0)
		return rc;
	(*opened)->local_port = mux->local_port;
	(*opened)->port.control.mux = mux;
	(*opened)->port.control.mux_holds = true;
	mux->nports++;
	return 0;
}

int mm_engine_open_pcm_port(struct mm_engine *engine, uint32_t sample_rate_hz,
			    struct mm_pcm_port **opened)
{
	int rc;

	if (engine->nports >= MM_ENGINE_MAX_PORTS)
		return -ENOSPC;
	rc = mm_pcm_port_open(opened, ++engine->next_port_id, sample_rate_hz,
			      engine->config.ptime_ms, &engine->libraries);
	if (rc < 0)
		return rc;
	(*opened)->port.control.configured = true;
	return own(engine, &(*opened)->port);
}

int mm_engine_open_encoded_port(struct mm_engine *engine,
				const struct mm_codec_format *format,
				struct mm_encoded_port **opened)
{
	int rc;

	if (engine->nports >= MM_ENGINE_MAX_PORTS)
		return -ENOSPC;
	rc = mm_encoded_port_open(opened, ++engine->next_port_id, format,
				  engine->config.ptime_ms, &engine->libraries);
	if (rc < 0)
		return rc;
	(*opened)->port.control.configured = true;
	return own(engine, &(*opened)->port);
}

/* Shards drop the rules of a port that leaves; send them again. */
static void resend_hears(struct mm_port *port)
{
	struct mm_engine *engine = port->control.engine;
	struct mm_port *p;

	if (!port->control.bridge)
		return;
	LIST_FOREACH(p, &engine->ports, control.in_engine) {
		if (p->control.bridge != port->control.bridge)
			continue;
		for (size_t i = 0; i < p->control.nhears; i++) {
			struct mm_hears_rule *rule = &p->control.hears[i];
			struct mm_port *speaker = rule->speaker;

			if ((p == port || speaker == port) &&
			    speaker->control.bridge == port->control.bridge)
				command(p, (struct mm_command){
					.type = MM_COMMAND_SET_HEARS,
					.u.speaker = speaker,
					.gain_q8 = rule->gain_q8 });
		}
	}
}

static int move(struct mm_port *port, struct mm_shard *shard)
{
	struct mm_port_control *control = &port->control;
	struct mm_engine *engine = control->engine;
	struct mm_held_playout *playout;
	struct mm_held_tap *tap;
	int rc = command(port, (struct mm_command){
		.type = MM_COMMAND_RELEASE_PORT });

	if (rc < 0)
		return rc;
	control->releases_sent++;
	control->shard = shard;
	LIST_FOREACH(playout, &engine->playouts, in_engine)
		if (playout->listener == port)
			playout->shard = shard;
	LIST_FOREACH(tap, &engine->taps, in_engine)
		if (tap->speaker == port)
			tap->shard = shard;
	if (control->configured)
		mm_engine_add_encoder(engine, shard->lobby,
				      &control->tx_format);
	return command(port, (struct mm_command){
		.type = MM_COMMAND_ADOPT_PORT,
		.after_releases = control->releases_sent });
}

int mm_engine_seat(struct mm_port *port, struct mm_held_bridge *bridge)
{
	struct mm_port_control *control = &port->control;
	int rc = 0;

	if (control->closed)
		return -EBADF;
	if (control->bridge == bridge)
		return 0;
	if (bridge && bridge->nports >= bridge->max_members)
		return -ENOSPC;
	if (bridge && bridge->shard != control->shard && control->stays)
		return -EINVAL;
	if (bridge && control->configured)
		rc = mm_engine_add_encoder(control->engine, bridge,
					   &control->tx_format);
	if (!rc && bridge && bridge->shard != control->shard)
		rc = move(port, bridge->shard);
	if (rc < 0)
		return rc;
	/* In one group, so that its rules apply from its first tick on. */
	mm_dispatch_begin(control->shard);
	rc = command(port, (struct mm_command){
		.type = MM_COMMAND_SEAT_PORT, .bridge = bridge });
	if (!rc) {
		if (control->bridge)
			control->bridge->nports--;
		control->bridge = bridge;
		if (bridge)
			bridge->nports++;
		resend_hears(port);
	}
	mm_dispatch_end(control->engine, control->shard);
	return rc;
}

int mm_engine_configure(struct mm_rtp_port *rtp_port, struct mm_media *media)
{
	struct mm_port *port = &rtp_port->port;
	struct mm_port_control *control = &port->control;
	struct mm_engine *engine = control->engine;
	struct mm_port_setup *setup;
	bool another;
	int rc = 0;

	if (control->closed)
		return -EBADF;
	media->receive.ptime_ms = engine->config.ptime_ms;
	media->send.ptime_ms = engine->config.ptime_ms;
	if (control->bridge)
		rc = mm_engine_add_encoder(engine, control->bridge,
					   &media->send);
	if (!rc)
		rc = mm_port_setup_open(&setup, rtp_port, media,
					&engine->libraries);
	if (rc < 0)
		return rc;
	/* If the lobby has no room for the format, the port waits in silence. */
	mm_engine_add_encoder(engine, control->shard->lobby, &media->send);
	another = setup->member;
	mm_dispatch_begin(control->shard);
	rc = command(port, (struct mm_command){
		.type = MM_COMMAND_CONFIGURE_PORT, .u.setup = setup });
	if (!rc && another)
		resend_hears(port);
	mm_dispatch_end(engine, control->shard);
	if (rc < 0) {
		/* The setup was not sent: make a complete one the next time. */
		rtp_port->newest_receiver = NULL;
		mm_port_setup_close(setup);
		return rc;
	}
	control->tx_format = media->send;
	control->configured = true;
	return 0;
}

int mm_engine_set_gain(struct mm_port *port, int32_t gain_q8)
{
	if (port->control.closed)
		return -EBADF;
	return command(port, (struct mm_command){ .type = MM_COMMAND_SET_GAIN,
					       .gain_q8 = gain_q8 });
}

int mm_engine_set_muted(struct mm_port *port, bool muted)
{
	if (port->control.closed)
		return -EBADF;
	return command(port, (struct mm_command){ .type = MM_COMMAND_SET_MUTED,
					       .u.on = muted });
}

int mm_engine_set_levelled(struct mm_port *port, bool levelled)
{
	struct mm_port_control *control = &port->control;
	int rc;

	if (control->closed)
		return -EBADF;
	if (control->levelled == levelled)
		return 0;
	rc = command(port, (struct mm_command){ .type = MM_COMMAND_SET_LEVELLED,
					       .u.on = levelled });
	if (!rc)
		control->levelled = levelled;
	return rc;
}

int mm_engine_set_suppressed(struct mm_port *port, bool suppressed)
{
	struct mm_port_control *control = &port->control;
	struct mm_command what = { .type = MM_COMMAND_SET_SUPPRESSOR };
	int rc = 0;

	if (control->closed)
		return -EBADF;
	if (control->suppressed == suppressed)
		return 0;
	if (suppressed)
		rc = mm_suppressor_open(&what.u.suppressor,
					&control->engine->libraries);
	if (!rc)
		rc = command(port, what);
	if (rc < 0)
		mm_suppressor_close(what.u.suppressor);
	else
		control->suppressed = suppressed;
	return rc;
}

int mm_engine_set_deafened(struct mm_port *port, bool deafened)
{
	if (port->control.closed)
		return -EBADF;
	return command(port, (struct mm_command){ .type = MM_COMMAND_SET_DEAFENED,
					       .u.on = deafened });
}

int mm_engine_set_hears_itself(struct mm_port *port, bool on)
{
	if (port->control.closed)
		return -EBADF;
	return command(port, (struct mm_command){
				     .type = MM_COMMAND_SET_HEARS_ITSELF,
				     .u.on = on });
}

static void forget_rule(struct mm_port *port, const struct mm_port *speaker)
{
	struct mm_port_control *control = &port->control;

	for (size_t i = 0; i < control->nhears; i++)
		if (control->hears[i].speaker == speaker)
			control->hears[i--] =
				control->hears[--control->nhears];
}

static int hears_alloc(struct mm_port_control *control, size_t count)
{
	struct mm_hears_rule *hears = realloc(control->hears,
					      count * sizeof(*hears));

	if (!hears)
		return -ENOMEM;
	control->hears = hears;
	return 0;
}

static int remember_rule(struct mm_port *port, struct mm_port *speaker,
			 int32_t gain_q8)
{
	struct mm_port_control *control = &port->control;
	int rc;

	forget_rule(port, speaker);
	if (gain_q8 == MM_GAIN_UNITY_Q8)
		return 0;
	rc = hears_alloc(control, control->nhears + 1);
	if (!rc)
		control->hears[control->nhears++] =
			(struct mm_hears_rule){ speaker, gain_q8 };
	return rc;
}

int mm_engine_set_hears(struct mm_port *port, struct mm_port *speaker,
			int32_t gain_q8)
{
	int rc;

	if (port->control.closed || speaker->control.closed)
		return -EBADF;
	if (port == speaker)
		return -EINVAL;
	rc = remember_rule(port, speaker, gain_q8);
	if (rc < 0 || !port->control.bridge ||
	    port->control.bridge != speaker->control.bridge)
		return rc;
	return command(port, (struct mm_command){ .type = MM_COMMAND_SET_HEARS,
					       .u.speaker = speaker,
					       .gain_q8 = gain_q8 });
}

int mm_engine_set_remote(struct mm_rtp_port *rtp_port, const char *host,
			 uint16_t remote_port)
{
	struct mm_port *port = &rtp_port->port;
	struct mm_command what = { .type = MM_COMMAND_SET_REMOTE };
	int rc = mm_address_parse(&what.u.remote, host, remote_port);

	if (port->control.closed)
		return -EBADF;
	return rc < 0 ? rc : command(port, what);
}

int mm_engine_send_digits(struct mm_rtp_port *rtp_port, const char *digits,
			  uint32_t duration_ms)
{
	struct mm_command what = { .type = MM_COMMAND_SEND_DIGIT };
	struct mm_port *port = &rtp_port->port;
	int rc = 0;

	if (port->control.closed)
		return -EBADF;
	if (!rtp_port->newest_media.receive.dtmf_payload_type)
		return -ENOTSUP;
	what.u.digit.duration_ms = duration_ms;
	for (; *digits && !rc; digits++) {
		what.u.digit.digit = *digits;
		rc = command(port, what);
	}
	return rc;
}

int mm_engine_set_inband(struct mm_port *port, bool detects, bool removes)
{
	if (port->control.closed)
		return -EBADF;
	if (!port->ops->set_inband)
		return 0;
	return command(port, (struct mm_command){
		.type = MM_COMMAND_SET_INBAND,
		.u.inband = { detects, removes } });
}

void mm_engine_close_port(struct mm_port *port)
{
	struct mm_port_control *control = &port->control;
	struct mm_engine *engine = control->engine;
	struct mm_held_playout *playout;
	struct mm_held_tap *tap;
	struct mm_port *other;

	if (control->closed)
		return;
	control->closed = true;
	if (control->bridge)
		control->bridge->nports--;
	control->bridge = NULL;
	LIST_FOREACH(other, &engine->ports, control.in_engine)
		forget_rule(other, port);
	LIST_FOREACH(playout, &engine->playouts, in_engine)
		if (playout->listener == port)
			playout->listener = NULL;
	LIST_FOREACH(tap, &engine->taps, in_engine)
		if (tap->speaker == port)
			tap->speaker = NULL;
	if (control->mux)
		mm_mux_forget(control->mux, port);
	control->releases_sent++;
	command(port, (struct mm_command){ .type = MM_COMMAND_RELEASE_PORT,
					.u.on = true });
	/* Last, so that what the port fades out still leaves. */
	mm_engine_drop_everywhere(engine, port->id);
}

void mm_engine_read_port(struct mm_port *port, struct mm_readings *readings)
{
	/* Without a thread nothing is published but on demand. */
	if (port->control.engine->config.manual)
		mm_port_publish(port);
	mm_snapshot_read(&port->snapshot, readings);
}

/* Free it if neither a shard nor a mux uses it any more. */
void mm_engine_free_port(struct mm_port *port)
{
	struct mm_port_control *control = &port->control;
	struct mm_engine *engine = control->engine;
	struct mm_readings readings;

	if (!control->closed || control->mux_holds ||
	    control->releases_seen != control->releases_sent)
		return;
	mm_snapshot_read(&port->snapshot, &readings);
	mm_counters_add(&engine->totals, &readings.counters);
	LIST_REMOVE(port, control.in_engine);
	engine->nports--;
	if (control->mux)
		control->mux->nports--;
	port->ops->free(port);
}
