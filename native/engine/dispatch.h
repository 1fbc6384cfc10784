/* dispatch.h -- from the control thread to shards and back.
 *
 * Commands reach a shard in the order they were sent. What finds its ring full
 * waits in a queue here, and so does all behind a port that is still on its
 * way from another shard; the queue moves on whenever the engine is called.
 * What comes back retired is freed here, and nowhere else.
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
/* All that is dispatched to the shard until the end applies at one tick. Only
 * the first command of such a group may be one that retires something. */
void mm_dispatch_begin(struct mm_shard *shard);
void mm_dispatch_end(struct mm_engine *engine, struct mm_shard *shard);
/* Free what came back, and send on what waits. */
void mm_dispatch_collect(struct mm_engine *engine);
/* Without threads: until nothing waits anywhere. */
void mm_dispatch_settle(struct mm_engine *engine, int64_t now_us);

#endif
