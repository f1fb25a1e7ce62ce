/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whois: who is behind a process? */
#ifndef BATON_OS_WHOIS_H
#define BATON_OS_WHOIS_H

#include "core/asker.h"

/**
 * whois_peer - who is at the other end of a unix socket?
 * @fd: connected; SO_PEERCRED names the process that has connected
 * @kind: what it is
 *
 * The name comes from /etc/passwd only: any other directory of users may hang. What the
 * process says of itself, such as SUDO_USER, is not asked.
 */
struct asker whois_peer(int fd, enum asker_kind kind);

/** whois_self - the same of this process. */
struct asker whois_self(enum asker_kind kind);

#endif
