/* source_filter.c -- lets the kernel drop datagrams of all but one source. */
#define _GNU_SOURCE
#include "io/source_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

#define SOURCE_IPV4 12                /* RFC 791 section 3.1                */
#define SOURCE_IPV6 8                 /* RFC 8200 section 3                 */
#define WORDS_IPV6 4
#define VERSION_MASK 0xf0             /* of the first byte of both          */
#define VERSION_IPV4 0x40
#define VERSION_IPV6 0x60
#define MAX_INSTRUCTIONS 16
#define ACCEPT_ALL UINT32_MAX

struct program {
	unsigned short length;
	struct sock_filter instructions[MAX_INSTRUCTIONS];
};

static void add(struct program *program, uint16_t code, uint32_t operand)
{
	program->instructions[program->length++] =
		(struct sock_filter){ .code = code, .k = operand };
}

/* Go on if the value read is equal; the jumps are set at the end. */
static void expect(struct program *program, uint16_t size, uint32_t offset,
		   uint32_t value)
{
	add(program, (uint16_t)(BPF_LD | BPF_ABS | size), offset);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, value);
}

/* A socket of both families receives packets of both versions. */
static void expect_version(struct program *program, uint32_t version)
{
	add(program, BPF_LD | BPF_ABS | BPF_B, (uint32_t)SKF_NET_OFF);
	add(program, BPF_ALU | BPF_AND | BPF_K, VERSION_MASK);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, version);
}

static void finish(struct program *program)
{
	unsigned short refuse = (unsigned short)(program->length + 1);

	add(program, BPF_RET | BPF_K, ACCEPT_ALL);
	add(program, BPF_RET | BPF_K, 0);
	for (unsigned short at = 0; at < refuse; at++)
		if (BPF_CLASS(program->instructions[at].code) == BPF_JMP)
			program->instructions[at].jf =
				(uint8_t)(refuse - at - 1);
}

static uint16_t expect_host(struct program *program,
			    const struct mm_address *source)
{
	const uint32_t network = (uint32_t)SKF_NET_OFF;
	uint32_t words[WORDS_IPV6];

	if (source->u.sa.sa_family == AF_INET) {
		expect_version(program, VERSION_IPV4);
		expect(program, BPF_W, network + SOURCE_IPV4,
		       ntohl(source->u.in.sin_addr.s_addr));
		return ntohs(source->u.in.sin_port);
	}
	expect_version(program, VERSION_IPV6);
	memcpy(words, &source->u.in6.sin6_addr, sizeof(words));
	for (uint32_t i = 0; i < WORDS_IPV6; i++)
		expect(program, BPF_W, network + SOURCE_IPV6 + 4 * i,
		       ntohl(words[i]));
	return ntohs(source->u.in6.sin6_port);
}

int mm_source_filter_set(int fd, const struct mm_address *source, bool any_port)
{
	struct program program = { 0 };
	uint16_t port = expect_host(&program, source);
	struct sock_fprog filter;

	if (!any_port)
		/* A UDP socket's filter begins at the UDP header (RFC 768). */
		expect(&program, BPF_H, 0, port);
	finish(&program);
	filter = (struct sock_fprog){ .len = program.length,
				      .filter = program.instructions };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter)) < 0 ? -errno : 0;
}

void mm_source_filter_clear(int fd)
{
	const int unused = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused,
			 sizeof(unused));
}
