/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holding: how much each client has to reclaim after a move, and its text form. */
#ifndef BATON_CORE_HOLDING_H
#define BATON_CORE_HOLDING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/err.h"

/* First line of the text form; the number goes up when lines change their meaning. */
#define HOLDINGS_HEADER "baton-holdings 1"
/* The most clients in the text form, largest first: a name may have 1024 bytes. */
#define HOLDINGS_MAX     2048
#define HOLDINGS_MAX_LEN (8u << 20)
/* More than any grace period could be long enough for. */
#define HOLDING_MAX 10000000

/**
 * struct holding - what one client holds
 * @id: what it calls itself (co_ownerid, any bytes); owned
 * @len: of @id
 * @count: its opens, locks, delegations and layouts
 */
struct holding {
	unsigned char *id;
	size_t len;
	uint32_t count;
};

/**
 * struct holdings - start from all zero, end with holdings_free()
 * @ranges: byte-range locks that @count misses. Locks of one owner on one file count
 *          once, but are reclaimed one by one; the kernel does not say whose they are
 * @pace_us: how long the slowest client took to reclaim one item; 0 = not measured yet
 */
struct holdings {
	struct holding *v;
	size_t n;
	size_t room;
	uint32_t ranges;
	uint32_t pace_us;
};

/**
 * holdings_add - note a client; if it is noted already, the larger count stays
 * @id: copied
 *
 * Return: 0, or -ENOMEM.
 */
int holdings_add(struct holdings *holdings, const unsigned char *id, size_t len,
		 uint32_t count);

/** holding_copy_id - copy an id; the caller frees it. NULL if memory is short. */
unsigned char *holding_copy_id(const unsigned char *id, size_t len);

/** holdings_find - the client with this name, or NULL. */
const struct holding *holdings_find(const struct holdings *holdings,
				    const unsigned char *id, size_t len);

/** holdings_largest - the most that a single client may have to reclaim. */
uint32_t holdings_largest(const struct holdings *holdings);

/** holding_is_news - has a count changed by a tenth, so that others must be told? */
int holding_is_news(uint32_t before, uint32_t now);

/**
 * holdings_format - the text form, largest first; names in hexadecimal
 *
 *	baton-holdings 1
 *	pace 6500
 *	ranges 0
 *	20000 4c696e7578
 *
 * Return: malloc'd text, or NULL if memory is short.
 */
char *holdings_format(struct holdings *holdings);

/**
 * holdings_parse - read the text form; trusts nothing in it
 * @holdings: receives it; empty on failure
 * @text: need not end with a zero byte
 * @len: bytes of @text
 * @err: "line 4: not 'COUNT NAME'"
 *
 * Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int holdings_parse(struct holdings *holdings, const char *text, size_t len,
		   struct err *err);

/**
 * holding_parse_range - parse a line of /proc/locks
 * @dev: gets its filesystem
 *
 * `1: POSIX  ADVISORY  WRITE 812 fd:10:13649 0 EOF`, with major and minor in hexadecimal;
 * lines with `->` are waiters (fs/locks.c, lock_get_status()).
 *
 * Return: 1 if it is a byte-range lock that is held, else 0.
 */
int holding_parse_range(const char *line, dev_t *dev);

/**
 * struct holding_calls - how many NFSv4 operations knfsd has executed; never less than before
 * @all: of any kind
 * @state: those that have acquired or released state
 */
struct holding_calls {
	uint64_t all;
	uint64_t state;
};

/**
 * holding_parse_calls - read them from /proc/net/rpc/nfsd
 * @calls: set on success
 * @text: the file, terminated
 *
 * The line is "proc4ops N" and N counts, indexed by operation number (fs/nfsd/stats.c).
 * Older kernels have fewer.
 *
 * Return: 0, or -EINVAL.
 */
int holding_parse_calls(struct holding_calls *calls, const char *text);

/** holdings_free - release and clear. */
void holdings_free(struct holdings *holdings);

static inline void cleanup_holdings(struct holdings *holdings)
{
	holdings_free(holdings);
}
#define _cleanup_holdings_ __attribute__((cleanup(cleanup_holdings)))

#endif
