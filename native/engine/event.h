/* event.h -- events from shards to Python; `name` is the name in Python. */
#ifndef MM_EVENT_H
#define MM_EVENT_H

#include "io/udp.h"
#include "mm.h"
#include "rtp/dtmf.h"

#define MM_EVENTS(X)                                                          \
	X(FIRST_PACKET, "first_packet")                                       \
	X(MEDIA_TIMEOUT, "media_timeout")                                     \
	X(MEDIA_RESUMED, "media_resumed")                                     \
	X(REMOTE_CHANGED, "remote_changed")                                   \
	X(TALK_SPURT_STARTED, "talk_spurt_started")                           \
	X(TALK_SPURT_ENDED, "talk_spurt_ended")                               \
	X(DIGIT_RECEIVED, "digit_received")

enum mm_event_type {
#define MM_EVENT_TYPE(type, name) MM_EVENT_##type,
	MM_EVENTS(MM_EVENT_TYPE)
#undef MM_EVENT_TYPE
};

struct mm_event {
	enum mm_event_type type;
	uint32_t port_id;
	int64_t at_us;
	struct mm_address remote;         /* REMOTE_CHANGED                 */
	struct mm_digit digit;            /* DIGIT_RECEIVED                 */
};

static inline const char *mm_event_name(enum mm_event_type type)
{
	static const char *const names[] = {
#define MM_EVENT_NAME(type, name) name,
		MM_EVENTS(MM_EVENT_NAME)
#undef MM_EVENT_NAME
	};
	return names[type];
}

#endif
