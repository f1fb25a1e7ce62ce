/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expedite: RCU grace periods of the head that are hurried while clients wait. */
#ifndef BATON_OS_EXPEDITE_H
#define BATON_OS_EXPEDITE_H

/**
 * expedite_begin - have the kernel hurry its RCU grace periods
 *
 * /sys/kernel/rcu_expedited is the head's: it is written by the first process that wants
 * it, and written back after the last one. Somebody else's 1 is left alone. Only speed is
 * lost if it cannot be written.
 *
 * Return: a descriptor for expedite_end(), or -1 = nothing to end.
 */
int expedite_begin(void);

/** expedite_end - this process no longer wants it; @fd: from expedite_begin(). */
void expedite_end(int fd);

/** expedite_repair - write back what processes that were killed have left, if no other
 * process wants it. */
void expedite_repair(void);

#endif
