/* priority.h -- real-time priority of the threads that carry audio.
 *
 * The mixing threads stand above the threads that read sockets for them: a flood
 * of datagrams must not delay a tick.
 */
#ifndef MM_PRIORITY_H
#define MM_PRIORITY_H

#include <pthread.h>

enum mm_realtime_priority {
	MM_REALTIME_MUX = 19,
	MM_REALTIME_SHARD = 20,
};

/* Request SCHED_FIFO, sched(7). Without the privilege the thread keeps its
 * normal priority, with which it works as well. */
void mm_request_realtime(pthread_t thread, enum mm_realtime_priority priority);

#endif
