/* port.c -- fuzz: RTP and RTCP of four sources at a phone's port without SRTP, in a
 * whole engine. A record is source (two bits), socket (one bit) and ticks before it
 * (the rest), size (two octets), the datagram.
 *
 * Every datagram is counted, and no stranger moves the audio of a phone that talks.
 */
#include "engine/engine.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

#define BY_RTCP 0x04

enum source { PEER, PEERS_OTHER_PORT, SIGNALLING, STRANGER, SOURCES };

static const struct {
	const char *host;
	uint16_t port;
} sources[SOURCES] = {
	[PEER] = { "127.0.0.2", 9 },
	[PEERS_OTHER_PORT] = { "127.0.0.2", 11 },
	[SIGNALLING] = { "127.0.0.3", 9 },
	[STRANGER] = { "127.0.0.4", 9 },
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct mm_address address_of(enum source source)
{
	struct mm_address address;

	must(!mm_address_parse(&address, sources[source].host,
			       sources[source].port));
	return address;
}

static struct mm_engine *open_engine(void)
{
	static const struct mm_engine_config config = {
		.shards = 1, .ptime_ms = MM_TICK_MS, .rtp_host = "127.0.0.1",
		.media_timeout_ms = 10000, .manual = true,
	};
	static struct mm_engine *engine;

	if (!engine)
		must(!mm_engine_open(&engine, &config, NULL, NULL));
	return engine;
}

static struct mm_rtp_port *open_port(struct mm_engine *engine)
{
	const struct mm_codec_format format = {
		.id = MM_CODEC_PCMU, .clock_rate_hz = 8000,
		.sample_rate_hz = 8000, .ptime_ms = MM_TICK_MS, .channels = 1,
	};
	struct mm_media media = {
		.receive = {
			.formats = { format }, .nformats = 1,
			.dtmf_payload_type = 101, .dtmf_clock_rate_hz = 8000,
			.ptime_ms = MM_TICK_MS,
			.max_delay_ms = MM_JBUF_MAX_DELAY_MS,
		},
		.send = format, .sends = true, .receives = true,
		.remote = address_of(PEER),
		.latch_rule = { .hosts = { address_of(SIGNALLING) },
				.nhosts = 1 },
	};
	struct mm_rtp_port *port;

	must(!mm_engine_open_rtp_port(engine, &port));
	must(!mm_engine_configure(port, &media));
	must(!mm_engine_tick(engine, 1));
	return port;
}

/* What became of all datagrams: each is in one of these. */
static uint64_t counted(const struct mm_counters *counters)
{
	return counters->rtp_received + counters->rtp_malformed +
	       counters->rtp_unknown_payload_type + counters->rtp_probation +
	       counters->rtp_ssrc_changed + counters->rtp_wrong_source +
	       counters->rtcp_received + counters->rtcp_malformed;
}

static void take(struct mm_engine *engine, struct mm_rtp_port *port,
		 const struct mm_fuzz_record *record, int64_t *talked_us)
{
	enum source source = (enum source)(record->head % SOURCES);
	struct mm_address from = address_of(source), before;
	const struct mm_counters *counters = &port->port.counters;
	uint64_t known = counted(counters), received = counters->rtp_received;
	uint8_t packet[MM_MAX_DATAGRAM_BYTES];
	int64_t now_us;

	if (record->size > sizeof(packet))
		return;
	must(!mm_engine_tick(engine, record->head >> 3));
	now_us = engine->virtual_us;
	before = port->rx.latch.remote;
	memcpy(packet, record->bytes, record->size);
	mm_port_rx_datagram(port, &from, packet, record->size, now_us,
			    record->head & BY_RTCP);
	must(counted(counters) > known);
	if (source == PEER && counters->rtp_received > received)
		*talked_us = now_us;
	if (source == STRANGER && *talked_us &&
	    now_us - *talked_us < MM_LATCH_SILENCE_US)
		must(mm_address_equal(&before, &port->rx.latch.remote) &&
		     counters->rtp_received == received);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct mm_engine *engine = open_engine();
	struct mm_rtp_port *port = open_port(engine);
	struct mm_fuzz_record record;
	struct mm_event event;
	int64_t talked_us = 0;

	while (mm_fuzz_next(&record, &bytes, &size))
		take(engine, port, &record, &talked_us);
	mm_engine_close_port(&port->port);
	must(!mm_engine_tick(engine, 2));
	mm_engine_begin_events(engine);
	while (mm_engine_next_event(engine, &event))
		;
	must(!engine->nports);
	return 0;
}
