/* priority.c -- real-time priority of the threads that carry audio. */
#include "engine/priority.h"

#include <sched.h>

void mm_request_realtime(pthread_t thread, enum mm_realtime_priority priority)
{
	const struct sched_param parameters = {
		.sched_priority = (int)priority,
	};

	pthread_setschedparam(thread, SCHED_FIFO, &parameters);
}
