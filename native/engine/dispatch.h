/* dispatch.h -- commands to the shards, and retired objects back from them.
 *
 * Commands reach a shard in the order in which they were sent. While the ring is
 * full they are queued here, as are all commands after the adoption of a port
 * that another shard has not released yet; the queue is flushed with each call
 * of the engine. Retired objects are freed here only.
 */
#ifndef MM_DISPATCH_H
#define MM_DISPATCH_H

#include "engine/command.h"
#include "engine/shard.h"

#define MM_PENDING_MAX 65536   /* beyond: -EAGAIN, except for what releases  */
#define MM_TOGETHER_MAX 1024   /* in one group; the rest a tick later        */

struct mm_engine;

/* 0, -EAGAIN (counted as commands_refused) or -ENOMEM. */
int mm_dispatch(struct mm_engine *engine, struct mm_shard *shard,
		const struct mm_command *command);
/* Begin a group: the commands dispatched to the shard until mm_dispatch_end are
 * applied at one tick. Only the first of them may retire an object. */
void mm_dispatch_begin(struct mm_shard *shard);
void mm_dispatch_end(struct mm_engine *engine, struct mm_shard *shard);
/* Free retired objects, and flush the queues. */
void mm_dispatch_collect(struct mm_engine *engine);
/* Without threads: repeat until all queues and rings are empty. */
void mm_dispatch_complete(struct mm_engine *engine, int64_t now_us);

#endif
