/* latch.c -- symmetric RTP: which packets a port accepts, and where it sends. */
#include "rtp/latch.h"

#include <string.h>

static bool unspecified(const struct mm_address *address)
{
	if (!address->len)
		return true;
	if (address->u.sa.sa_family == AF_INET)
		return address->u.in.sin_addr.s_addr == 0 ||
		       address->u.in.sin_port == 0;
	return IN6_IS_ADDR_UNSPECIFIED(&address->u.in6.sin6_addr) ||
	       address->u.in6.sin6_port == 0;
}

bool mm_address_same_host(const struct mm_address *a,
			  const struct mm_address *b)
{
	if (!a->len || !b->len || a->u.sa.sa_family != b->u.sa.sa_family)
		return false;
	if (a->u.sa.sa_family == AF_INET)
		return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
	return !memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr,
		       sizeof(a->u.in6.sin6_addr));
}

static bool is(const struct mm_address *a, const struct mm_address *b)
{
	return a->len && b->len && mm_address_equal(a, b);
}

void mm_latch_set(struct mm_latch *latch, enum mm_latch_trust trust,
		  const struct mm_address *signalled)
{
	bool changed = !is(&latch->signalled, signalled);

	latch->trust = trust;
	latch->candidate_packets = 0;
	latch->heard = false;
	/* The same address may still be behind the same NAT, and an
	 * unspecified one (hold by c=0.0.0.0) gives none: keep sending to
	 * where packets came from. */
	if (unspecified(signalled) || !changed)
		return;
	latch->signalled = *signalled;
	latch->remote = *signalled;
}

static bool continues(const struct mm_latch *latch, const struct mm_rtp *rtp)
{
	uint16_t ahead = (uint16_t)(rtp->sequence_number -
				    latch->sequence_number);

	return latch->ssrc == rtp->ssrc && ahead && ahead <= MM_LATCH_MAX_JUMP;
}

void mm_latch_allow(struct mm_latch *latch, const struct mm_latch_rule *rule,
		    bool listens, int64_t now_us)
{
	latch->rule = *rule;
	latch->listens = listens;
	latch->open_until_us = 0;
	if (rule->opens && !listens && !latch->known)
		latch->open_until_us = now_us + MM_LATCH_OPENING_US;
}

static bool signals(const struct mm_latch *latch, const struct mm_address *host)
{
	for (uint32_t i = 0; i < latch->rule.nhosts; i++)
		if (mm_address_same_host(&latch->rule.hosts[i], host))
			return true;
	return false;
}

/* Whether signalling names this host as one that may start to talk to us. */
static bool named(const struct mm_latch *latch, const struct mm_address *from)
{
	if (latch->listens && signals(latch, &latch->signalled))
		return false;
	if (mm_address_same_host(&latch->signalled, from))
		return true;
	if (latch->rule.nhosts)
		return signals(latch, from);
	return !latch->listens || !latch->signalled.len;
}

/* Whether this packet may be the start of a stream, or of the old one anew. */
static bool may_start(const struct mm_latch *latch,
		      const struct mm_address *from, const struct mm_rtp *rtp,
		      int64_t now_us)
{
	return named(latch, from) || now_us < latch->open_until_us ||
	       (latch->known && continues(latch, rtp));
}

/* Whether this packet may follow a stream that was heard. */
static bool may_follow(const struct mm_latch *latch,
		       const struct mm_address *from, const struct mm_rtp *rtp,
		       int64_t now_us)
{
	if (latch->by_opening && named(latch, from))
		return true;
	return now_us - latch->last_us >= MM_LATCH_SILENCE_US &&
	       continues(latch, rtp);
}

static void take(struct mm_latch *latch, const struct mm_rtp *rtp,
		 int64_t now_us)
{
	int16_t ahead = (int16_t)(rtp->sequence_number -
				  latch->sequence_number);

	if (!latch->heard || latch->ssrc != rtp->ssrc || ahead > 0)
		latch->sequence_number = rtp->sequence_number;
	latch->ssrc = rtp->ssrc;
	latch->heard = true;
	latch->known = true;
	latch->last_us = now_us;
	/* Another may prove itself while one that nothing names is heard. */
	if (!latch->by_opening)
		latch->candidate_packets = 0;
}

static enum mm_latch_verdict move(struct mm_latch *latch,
				  const struct mm_address *from,
				  const struct mm_rtp *rtp, int64_t now_us)
{
	take(latch, rtp, now_us);
	latch->candidate_packets = 0;
	latch->remote = *from;
	latch->by_opening = latch->trust == MM_LATCH_BY_ADDRESS &&
			    !is(&latch->signalled, from) && !named(latch, from) &&
			    (latch->by_opening || now_us < latch->open_until_us);
	return MM_LATCH_TAKE_MOVED;
}

/* True when this source has sent enough packets in sequence. */
static bool proven(struct mm_latch *latch, const struct mm_address *from,
		   const struct mm_rtp *rtp)
{
	bool follows = latch->candidate_packets &&
		       is(&latch->candidate, from) &&
		       latch->candidate_ssrc == rtp->ssrc &&
		       (uint16_t)(latch->candidate_sequence + 1) ==
			       rtp->sequence_number;

	latch->candidate_packets = follows ? latch->candidate_packets + 1 : 1;
	latch->candidate = *from;
	latch->candidate_ssrc = rtp->ssrc;
	latch->candidate_sequence = rtp->sequence_number;
	return latch->candidate_packets >= MM_LATCH_PROBATION;
}

static enum mm_latch_verdict judge_authentic(struct mm_latch *latch,
					     const struct mm_address *from,
					     const struct mm_rtp *rtp,
					     int64_t now_us)
{
	bool newest = !latch->heard || latch->ssrc != rtp->ssrc ||
		      (int16_t)(rtp->sequence_number -
				latch->sequence_number) > 0;

	/* A late packet from the old address must not move the latch back. */
	if (!is(&latch->remote, from) && newest &&
	    (latch->trust == MM_LATCH_BY_SRTP || !latch->remote.len))
		return move(latch, from, rtp, now_us);
	take(latch, rtp, now_us);
	return MM_LATCH_TAKE;
}

bool mm_latch_holds(const struct mm_latch *latch, const struct mm_address *from)
{
	return is(&latch->remote, from);
}

enum mm_latch_verdict mm_latch_judge(struct mm_latch *latch,
				     const struct mm_address *from,
				     const struct mm_rtp *rtp, int64_t now_us)
{
	if (latch->trust != MM_LATCH_BY_ADDRESS)
		return judge_authentic(latch, from, rtp, now_us);
	if (is(&latch->signalled, from) && !is(&latch->remote, from))
		return move(latch, from, rtp, now_us);
	if (is(&latch->remote, from)) {
		take(latch, rtp, now_us);
		return MM_LATCH_TAKE;
	}
	if (latch->heard ? !may_follow(latch, from, rtp, now_us)
			 : !may_start(latch, from, rtp, now_us))
		return MM_LATCH_REFUSE;
	if (!proven(latch, from, rtp))
		return MM_LATCH_PROBE;
	return move(latch, from, rtp, now_us);
}
