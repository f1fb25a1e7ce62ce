/* SPDX-License-Identifier: GPL-2.0-or-later */
/* orphan: can this kernel destroy a connection that no process holds any more? */
#ifndef BATON_OS_ORPHAN_H
#define BATON_OS_ORPHAN_H

#include "os/diag.h"

/**
 * orphan_check - make such a connection, over the loopback, and destroy it
 * @diag: of this namespace, whose loopback is up
 * @err: why not
 *
 * When knfsd's threads end, each connection with an unsent reply is an orphan in
 * FIN-WAIT-1. Kernels with an incomplete tcp_abort() report success and leave it there
 * for ever (mended upstream by bac76cf89816, Linux 6.11): no stop would end.
 *
 * Return: 0, -ENOSYS (BATON_EXIT_SOFTWARE: it stays), or -errno if it could not be tried.
 */
int orphan_check(struct diag *diag, struct err *err);

#endif
